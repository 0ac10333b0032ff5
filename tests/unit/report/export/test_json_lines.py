"""JSONL: every event of a record, and back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError
from strop.report.export.export import export
from strop.report.export.json_lines import read_lines
from strop.store import Store
from support.tracked import lines


def written(directory: Path, path: Path, *, texts: bool = True) -> Path:
    export(directory, "jsonl", path, texts=texts, force=False)
    return path


@pytest.mark.parametrize("name", ["paper", "gated", "eval"])
def test_lines_of_a_run_read_again_equal_the_events_of_its_store(
    runs: dict[str, Path], tmp_path: Path, name: str
) -> None:
    path = written(runs[name], tmp_path / "e.jsonl")
    with Store.open(runs[name]) as store:
        assert list(read_lines(path)) == list(store.events())


def test_lines_hold_what_no_text_file_could_when_texts_are_hostile(hostile: Path, tmp_path: Path) -> None:
    path = written(hostile, tmp_path / "e.jsonl")
    assert path.read_bytes().isascii() and b"\0" not in path.read_bytes()
    with Store.open(hostile) as store:
        assert list(read_lines(path)) == list(store.events())


def test_lines_without_texts_hold_no_prompt_answer_program_or_detail(hostile: Path, tmp_path: Path) -> None:
    path = written(hostile, tmp_path / "e.jsonl", texts=False)
    assert not any(word in path.read_text() for word in ("evil.example", "owned", "=late", "=cmd", "an improver"))
    called = next(line for line in lines(path) if line["kind"] == "LmCalled")
    assert all(len(digest) == 64 for digest in [called["expertise"], *called["messages"]])


def test_line_of_something_else_is_one_clear_line(tmp_path: Path) -> None:
    for number, line in enumerate(
        ["[]", "{}", "nonsense", json.dumps({"seq": 1, "at": 0, "kind": "Evaluated", "scope": ""})]
    ):
        path = tmp_path / f"{number}.jsonl"
        path.write_text(line)
        with pytest.raises(ConfigurationError, match="line 1 is not an event"):
            list(read_lines(path))


def test_kinds_of_a_newer_version_are_skipped_when_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "e.jsonl"
    path.write_text(json.dumps({"seq": 1, "at": 0.0, "kind": "Dreamt", "scope": ""}) + "\n")
    assert list(read_lines(path)) == []
