"""What a measurement says, what changed since the first one, and the end of the budget."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from strop.base.errors import SearchOver
from strop.base.surface import command_line
from strop.runs.measuring import Attempt, changed_since, check_left
from strop.runs.patching.source_files import SourceFiles
from strop.runs.run_directory import ways_on
from support.rows import table
from support.trees import written

DIGEST, OTHER = "a" * 64, "b" * 64


def attempt(**changes: Any) -> Attempt:
    plain: dict[str, Any] = {
        **{"value": 0.5, "verdict": "ok", "task": "t", "split": "train", "directory": Path("there"), "digest": DIGEST},
        **{"number": 3, "budget": 25, "worth": "1.2x as fast", "best": None},
    }
    return Attempt(**plain | changes)


@table(
    ("changes", "sentence"),
    [
        (
            {},
            "Measurement 3 of 25, aaaaaaaaaaaa: 1.2x as fast in training; none is better than the original so far; "
            "22 measurements left.",
        ),
        (
            {"best": DIGEST, "number": 24},
            "Measurement 24 of 25, aaaaaaaaaaaa: 1.2x as fast in training; the best so far; 1 measurement left.",
        ),
        (
            {"best": OTHER, "best_worth": "2x as fast", "verdict": "raised"},
            "Measurement 3 of 25, aaaaaaaaaaaa: it fails in training (raised); the best so far is bbbbbbbbbbbb, 2x as fast; "
            "22 measurements left.",
        ),
    ],
)
def test_measurement_says_its_score_the_best_and_what_is_left(changes: dict[str, Any], sentence: str) -> None:
    assert attempt(**changes).sentence == sentence


def test_budget_that_is_spent_names_the_verdict_as_what_is_left() -> None:
    check_left(24, 25, Path("there"))
    with command_line(), pytest.raises(SearchOver) as over:
        check_left(25, 25, Path("there"))
    said = "all 25 measurements in there were made; strop verdict there compares the best with the original"
    assert (str(over.value), over.value.detail, over.value.exit_code) == (said, "--budget 25 is spent", 4)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A project of a mark, a module beside it and one in `src`, and the record that a measurement made of it."""
    files = {"mark.py": "mark", "src/shop/__init__.py": "", "src/shop/price.py": "price", "beside.py": "beside"}
    document = json.dumps({"file": ".tree/mark.py", "root": str(tmp_path / "mine")})
    kept = {f"task/.tree/{path}": text for path, text in files.items()}
    written(tmp_path / "there", kept | {"task/kept.json": document, "task/.tree/pyproject.toml": ""})
    return written(tmp_path / "mine", files)


def since(mine: Path) -> tuple[str, ...]:
    original = SourceFiles({"price.py": "price"}, str(mine / "src/shop"), str(mine))
    return changed_since(mine.parent / "there", original)


def test_files_of_a_function_that_changed_are_named_and_what_may_change_is_not(mine: Path) -> None:
    written(mine, {"src/shop/price.py": "another"})
    assert since(mine) == ()
    written(mine, {"mark.py": "another"})
    (mine / "beside.py").unlink()
    assert since(mine) == ("changed since the first measurement, and measured as it was then: beside.py, mark.py",)


def test_files_of_a_tree_that_changed_are_named_five_at_most(tmp_path: Path) -> None:
    files = {f"{number}.txt": "" for number in range(7)} | {"prog.py": "1", "strop.toml": "files = 'prog.py'"}
    document = json.dumps({"file": "strop.toml", "root": str(tmp_path / "mine")})
    kept = {f"there/task/.tree/{path}": text for path, text in files.items()}
    written(tmp_path, kept | {"there/task/strop.toml": "", "there/task/kept.json": document})
    mine = written(tmp_path / "mine", files | {"prog.py": "2"})
    original = SourceFiles({"prog.py": "1"}, str(mine), str(mine), command=True)
    assert changed_since(tmp_path / "there", original) == ()
    written(mine, dict.fromkeys(files, "changed"))
    (line,) = changed_since(tmp_path / "there", original)
    assert line.endswith("measured as it was then: 0.txt, 1.txt, 2.txt, 3.txt, 4.txt and 3 more"), line


def test_task_that_is_no_file_has_nothing_that_changes(tmp_path: Path) -> None:
    assert changed_since(tmp_path, None) == ()


@table(
    ("kind", "lines"),
    [
        (
            "improve",
            [
                "To continue: strop resume there",
                "To end the search and compare what was found: strop resume there --finish",
            ],
        ),
        ("compare", ["To continue: strop resume there"]),
        ("measure", ["To go on: strop measure 'a b.py' --out there", "To compare the best: strop verdict there"]),
    ],
)
def test_ways_on_are_those_of_the_kind_of_a_record(kind: str, lines: list[str]) -> None:
    assert ways_on(Path("there"), kind, "a b.py") == lines
