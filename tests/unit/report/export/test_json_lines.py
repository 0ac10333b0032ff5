"""JSONL: every event of a record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from strop.base.events import KINDS, Event
from strop.report.export.export import export
from strop.store import Store, Stored
from support.tracked import lines


def written(directory: Path, path: Path, *, texts: bool = True) -> Path:
    export(directory, "jsonl", path, texts=texts, force=False)
    return path


def event_of(line: dict[str, Any]) -> Stored[Event]:
    """The event that a line holds."""
    seq, at, kind = line.pop("seq"), line.pop("at"), KINDS[line.pop("kind")]
    return Stored(
        seq, at, kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in line.items()})
    )


@pytest.mark.parametrize("name", ["paper", "gated", "eval"])
def test_lines_of_a_run_read_again_equal_the_events_of_its_store(
    runs: dict[str, Path], tmp_path: Path, name: str
) -> None:
    path = written(runs[name], tmp_path / "e.jsonl")
    with Store.open(runs[name]) as store:
        assert [event_of(line) for line in lines(path)] == list(store.events())


def test_lines_hold_what_no_text_file_could_when_texts_are_hostile(hostile: Path, tmp_path: Path) -> None:
    path = written(hostile, tmp_path / "e.jsonl")
    assert path.read_bytes().isascii() and b"\0" not in path.read_bytes()
    with Store.open(hostile) as store:
        assert [event_of(line) for line in lines(path)] == list(store.events())


def test_lines_without_texts_hold_no_prompt_answer_program_or_detail(hostile: Path, tmp_path: Path) -> None:
    path = written(hostile, tmp_path / "e.jsonl", texts=False)
    assert not any(word in path.read_text() for word in ("evil.example", "owned", "=late", "=cmd", "an improver"))
    called = next(line for line in lines(path) if line["kind"] == "LmCalled")
    assert all(len(digest) == 64 for digest in [called["expertise"], *called["messages"]])
