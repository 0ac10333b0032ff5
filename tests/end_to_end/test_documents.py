"""What the documents tell people to do works."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

import strop

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_readme_is_short_and_counts_the_lines_of_the_algorithm() -> None:
    lines = len((ROOT / "src/strop/core/algorithm.py").read_text("utf-8").splitlines())
    assert len(README.split()) < 700 and f"[these {lines} lines](src/strop/core/algorithm.py)" in README


def test_transcript_of_the_readme_is_what_its_commands_print(strop: Any) -> None:
    """The record is in the repository, so no figure depends on the machine."""
    (transcript,) = re.findall(r"^\$ strop show (examples/\S+) .*\n((?:[^$`].*\n)+)", README, re.M)
    printed = "\n".join(line.rstrip() for line in strop("show", str(ROOT / transcript[0])).stdout.splitlines())
    assert transcript[1].count("\n") == 5 and transcript[1] in printed


COSTED = re.compile(r"strop (run [^#`\n]*--max-cost [^#`\n]*)")
"""A run of a document that stops at an amount of money."""


@pytest.mark.parametrize("page", ["README.md", "docs/models.md"])
def test_money_of_a_document_pays_at_least_one_iteration_by_the_plan_of_its_command(page: str, strop: Any) -> None:
    commands = {shlex.join(shlex.split(words)) for words in COSTED.findall((ROOT / page).read_text(encoding="utf-8"))}
    assert commands
    for command in {f"{command.replace(' --dry-run', '')} --dry-run --json" for command in commands}:
        planned = strop(*shlex.split(command), OPENAI_BASE_URL="")
        assert planned.returncode == 0, planned.stderr
        assert json.loads(planned.stdout)["warning"] is None, command


def test_iterations_of_a_document_are_those_of_its_command(strop: Any) -> None:
    page = (ROOT / "docs" / "reproduce.md").read_text(encoding="utf-8")
    ((command, iterations),) = re.findall(r"`strop (run [^`]*)` \(\[train\]\(train.md\)\) \| T = (\d+) \|", page)
    found, said = (
        json.loads(strop(*command.split(), *more, "--dry-run", "--json").stdout) for more in ((), ("-T", iterations))
    )
    assert found == said


def test_every_inline_command_that_makes_a_target_makes_one(strop: Any) -> None:
    pages = (path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md")))
    commands = {command for page in pages for command in re.findall(r"`strop (init [^`|]*)`", page)}
    assert commands
    for number, command in enumerate(sorted(commands)):
        done = strop(*command.replace("DIR", f"made{number}").split())
        assert done.returncode == 0, f"{command}: {done.stderr}"


def test_table_of_the_readme_counts_what_the_page_of_the_comparison_says() -> None:
    page = (ROOT / "docs" / "peers.md").read_text(encoding="utf-8")
    head, rows = re.findall(r"^\| a program that … \|(.*) \|\n.*\n((?:\|.*\n)+)", page, re.M)[0]
    columns = zip(*(row.strip("| ").split(" | ")[1:] for row in rows.splitlines()), strict=True)
    harmless = {name.strip(): cells.count("–") for name, cells in zip(head.split("|"), columns, strict=True)}
    best = [max(harmless[name], harmless.get(f"{name} apart", 0)) for name in ("strop", "gepa", "openevolve", "shinka")]
    row = re.findall(r"^\| hostile programs without effect, of ten \| (.*) \|$", README, re.M)[0]
    assert [int(cell.strip("*")) for cell in row.split(" | ")] == best


@pytest.mark.slow
@pytest.mark.parametrize(("document", "name"), [("docs/tasks.md", "packing"), ("docs/targets.md", "pack")])
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


def test_speed_command_is_sound_for_a_program_that_prints_its_answer(strop: Any, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "targets.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^\$ strop improve (\. --files [^#\n]*)", page, re.M)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "bench.c").write_text(BENCH)
    (tmp_path / "Makefile").write_text("bench: src/bench.c\n\tcc -O1 -o bench src/bench.c\n")
    ended = strop("check", *shlex.split(command), "--repeat", "2", "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    document = json.loads(ended.stdout)
    assert (document["findings"], document["scored_by"]) == ([], "kernel")
