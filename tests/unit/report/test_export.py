"""Exports are whole or not there, never write over what is somebody else's, and hold what the record holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from strop.base.errors import ConfigurationError, StoreError
from strop.base.events import KINDS, Event
from strop.report.export import export
from strop.store import Store, Stored
from support.hostile_record import hostile_events
from support.records import from_elsewhere, raw
from support.tracked import lines


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """The directory of a record that was never ended."""
    directory = tmp_path / "=run"
    with Store.create(
        directory, {"kind": "run", "task": "parity", "language_model": "made", "is_language_model": "false"}
    ) as store:
        for event in hostile_events():
            store.append(event)
    return directory


def written(directory: Path, path: Path, *, texts: bool = True, force: bool = False) -> Path:
    export(directory, path, texts=texts, force=force)
    return path


def test_export_is_the_same_again_and_leaves_what_is_there_alone_without_force(
    runs: dict[str, Path], tmp_path: Path
) -> None:
    path = written(runs["gated"], tmp_path / "e.jsonl")
    first = path.read_bytes()
    with pytest.raises(ConfigurationError, match="exists already"):
        written(runs["paper"], path)
    assert path.read_bytes() == first
    written(runs["gated"], path, force=True)
    assert path.read_bytes() == first and [*tmp_path.iterdir()] == [path]


def test_nothing_is_there_when_the_record_is_damaged(hostile: Path, tmp_path: Path) -> None:
    from_elsewhere(hostile)
    with raw(hostile) as tool:
        tool.execute("INSERT INTO event (time, scope, kind, data) VALUES (1, '', 'Evaluated', '{\"value\": ')")
    kept = set(tmp_path.iterdir())
    with pytest.raises(StoreError, match="damaged"):
        written(hostile, tmp_path / "e.jsonl")
    assert set(tmp_path.iterdir()) == kept


def test_place_that_cannot_be_is_one_clear_line(hostile: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for path, said in (
        (tmp_path / "folder", "is a folder"),
        (tmp_path / "nowhere" / "events.jsonl", r"cannot write .*/events\.jsonl: No such file"),
        (Path("--force"), "-o needs the name of a file"),
    ):
        with pytest.raises(ConfigurationError, match=said):
            written(hostile, path, force=True)


def test_link_in_the_place_of_an_export_is_replaced_and_what_it_names_is_not(hostile: Path, tmp_path: Path) -> None:
    target = tmp_path / "diary.txt"
    target.write_text("dear diary")
    (tmp_path / "events.jsonl").symlink_to(target)
    with pytest.raises(ConfigurationError, match="exists already"):
        written(hostile, tmp_path / "events.jsonl")
    written(hostile, tmp_path / "events.jsonl", force=True)
    assert target.read_text() == "dear diary" and not (tmp_path / "events.jsonl").is_symlink()


def event_of(line: dict[str, Any]) -> Stored[Event]:
    """The event that a line holds."""
    seq, at, kind = line.pop("seq"), line.pop("time"), KINDS[line.pop("kind")]
    return Stored(
        seq, at, kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in line.items()})
    )


def test_lines_read_again_equal_the_events_of_the_record_when_texts_are_hostile_too(
    runs: dict[str, Path], hostile: Path, tmp_path: Path
) -> None:
    for name, directory in {"hostile": hostile, **{name: runs[name] for name in ("paper", "gated", "eval")}}.items():
        path = written(directory, tmp_path / f"{name}.jsonl")
        assert name != "hostile" or (path.read_bytes().isascii() and b"\0" not in path.read_bytes())
        with Store.open(directory) as store:
            assert [event_of(line) for line in lines(path)] == list(store.events()), name


def test_lines_without_texts_hold_no_prompt_answer_program_or_detail(hostile: Path, tmp_path: Path) -> None:
    path = written(hostile, tmp_path / "e.jsonl", texts=False)
    assert not any(word in path.read_text() for word in ("evil.example", "owned", "=late", "=cmd", "an improver"))
    called = next(line for line in lines(path) if line["kind"] == "LmCalled")
    assert all(len(digest) == 64 for digest in [called["expertise"], *called["messages"]])
