"""What the documents tell people to do works."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

import strop
from strop.cli.app import COMMANDS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_task_of_the_readme_runs_as_printed(strop: Any, tmp_path: Path) -> None:
    (block,) = re.findall(r"```python\n(# packing\.py\n.*?)```", README, re.S)
    (tmp_path / "packing.py").write_text(block)
    (tmp_path / "seed.py").write_text("def pack(items):\n    return [[i] for i in range(len(items))]\n")
    scored = json.loads(strop("score", "seed.py", "--task", "packing.py", "--json").stdout)
    assert scored["verdicts"] == {"ok": 20} and 0 < scored["utility"] < 1


@pytest.mark.slow
@pytest.mark.parametrize(("document", "name"), [("README.md", "packing"), ("docs/improve.md", "pack")])
def test_check_finds_the_example_of_a_document_sound(document: str, name: str, tmp_path: Path) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    (block,) = re.findall(rf"```python\n(# {name}\.py\n.*?)```", text, re.S)
    (tmp_path / f"{name}.py").write_text(block)
    assert strop.check(str(tmp_path / f"{name}.py"), repeat=1, require="none").findings == ()


BENCH = """#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv) {
    unsigned long sum = strtoul(argv[argc - 1], 0, 10);
    for (unsigned long i = 0; i < 3000000; i++) sum += i % 7;
    printf("%lu\\n", sum);
}
"""


def test_speed_command_of_the_readme_is_sound_for_a_program_that_prints_its_answer(strop: Any, tmp_path: Path) -> None:
    (command,) = re.findall(r"^\$ strop improve (\. --files [^#\n]*)", README, re.M)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "bench.c").write_text(BENCH)
    (tmp_path / "Makefile").write_text("bench: src/bench.c\n\tcc -O1 -o bench src/bench.c\n")
    ended = strop("check", *shlex.split(command), "--repeat", "2", "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    document = json.loads(ended.stdout)
    verdicts = {each["attack"]: each["verdict"] for each in document["attacks"]}
    assert document["findings"] == [] and set(verdicts.values()) == {"refused"} and "nothing_c" in verdicts


def test_readme_names_every_command_and_no_other() -> None:
    named = set(re.findall(r"`strop ([a-z]+)[ `]", README))
    assert named == set(COMMANDS)


def test_every_document_that_is_linked_is_there() -> None:
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for link in re.findall(r"\]\(([^)#:]+)[^):]*\)", document.read_text(encoding="utf-8")):
            assert (document.parent / link).exists(), f"{document.name} links to {link}"


def test_every_command_helps(strop: Any) -> None:
    for name in COMMANDS:
        ended = strop(name, "--help")
        assert ended.returncode == 0 and "Usage: strop " in ended.stdout, ended.stderr
