"""What the documents tell people to do works."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from strop.cli import COMMANDS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_task_of_the_readme_runs_as_printed(strop: Any, tmp_path: Path) -> None:
    (block,) = re.findall(r"```python\n(# packing\.py\n.*?)```", README, re.S)
    (tmp_path / "packing.py").write_text(block)
    (tmp_path / "seed.py").write_text("def pack(items):\n    return [[i] for i in range(len(items))]\n")
    scored = json.loads(strop("score", "seed.py", "--task", "packing.py", "--json").stdout)
    assert scored["verdicts"] == {"ok": 20} and 0 < scored["utility"] < 1


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
