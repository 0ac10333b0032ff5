"""Exports are whole or not there, never write over what is somebody else's, and hold what the record holds."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from strop.base.errors import ConfigurationError, StoreError
from strop.base.events import KINDS, Evaluated, Event, IterationFinished, LmCalled, LmResponded
from strop.base.solution import digest_of
from strop.report.export.export import FORMS, csv_cell, export
from strop.store import Store, Stored
from support.hostile_record import HOSTILE, hostile_events
from support.records import from_elsewhere, raw
from support.tiers import slow_unless
from support.tracked import lines

OFFLINE = ["jsonl", "csv", "figures"]
"""Forms that need nothing more than strop."""


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


def content(path: Path) -> dict[str, bytes]:
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    return {file.name: file.read_bytes() for file in files}


@pytest.mark.heavy
@pytest.mark.parametrize("form", OFFLINE)
def test_export_of_an_unfinished_run_holds_what_is_there(hostile: Path, tmp_path: Path, form: str) -> None:
    (said,) = export(hostile, form, tmp_path / FORMS[form], texts=True, force=False)
    assert str(tmp_path / FORMS[form]) in said
    assert said.startswith("0 figures") if form == "figures" else content(tmp_path / FORMS[form])


@pytest.mark.parametrize("form", slow_unless(lambda form: form != "figures", OFFLINE))
def test_export_is_the_same_again_and_leaves_what_is_there_alone_without_force(
    runs: dict[str, Path], tmp_path: Path, form: str
) -> None:
    path = tmp_path / FORMS[form]
    export(runs["gated"], form, path, texts=True, force=False)
    first = content(path)
    with pytest.raises(ConfigurationError, match="exists already"):
        export(runs["paper"], form, path, texts=True, force=False)
    assert content(path) == first
    export(runs["gated"], form, path, texts=True, force=True)
    assert content(path) == first and [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("form", OFFLINE)
def test_nothing_is_there_when_the_record_is_damaged(hostile: Path, tmp_path: Path, form: str) -> None:
    from_elsewhere(hostile)
    with raw(hostile) as tool:
        tool.execute("INSERT INTO event (at, scope, kind, data) VALUES (1, '', 'Evaluated', '{\"value\": ')")
    kept = set(tmp_path.iterdir())
    with pytest.raises(StoreError, match="damaged"):
        export(hostile, form, tmp_path / FORMS[form], texts=True, force=False)
    assert set(tmp_path.iterdir()) == kept


def test_folder_that_holds_something_else_is_never_replaced(hostile: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years")
    for form in ("csv", "figures"):
        with pytest.raises(ConfigurationError, match=r"thesis\.tex"):
            export(hostile, form, tmp_path / "mine", texts=True, force=True)
    assert (tmp_path / "mine" / "thesis.tex").read_text() == "years" and len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    ("form", "name", "said"),
    [
        ("jsonl", "folder", "is a folder"),
        ("csv", "file", "is a file"),
        ("jsonl", "nowhere/events.jsonl", r"cannot write .*/events\.jsonl: No such file"),
        ("csv", "nowhere/csv", "cannot write .*/csv: No such file"),
        ("csv", "-", "needs the name of a file or folder"),
    ],
)
def test_place_that_cannot_be_is_one_clear_line(hostile: Path, tmp_path: Path, form: str, name: str, said: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=said):
        export(hostile, form, Path(name) if name == "-" else tmp_path / name, texts=True, force=True)


def test_link_in_the_place_of_an_export_is_replaced_and_what_it_names_is_not(hostile: Path, tmp_path: Path) -> None:
    target = tmp_path / "diary.txt"
    target.write_text("dear diary")
    (tmp_path / "events.jsonl").symlink_to(target)
    with pytest.raises(ConfigurationError, match="exists already"):
        export(hostile, "jsonl", tmp_path / "events.jsonl", texts=True, force=False)
    export(hostile, "jsonl", tmp_path / "events.jsonl", texts=True, force=True)
    assert target.read_text() == "dear diary" and not (tmp_path / "events.jsonl").is_symlink()


def test_figures_are_those_of_the_report_as_svg_and_data(runs: dict[str, Path], tmp_path: Path) -> None:
    export(runs["paper"], "figures", tmp_path / "figures", texts=True, force=False)
    found = content(tmp_path / "figures")
    stems = {Path(name).stem for name in found}
    assert {"meta-utility", "candidates"} <= stems and len(found) == 2 * len(stems)
    for name, data in found.items():
        assert data.startswith({".svg": b"<?xml", ".csv": b""}[Path(name).suffix])
    assert b"not a language model" in found["meta-utility.svg"]
    shutil.rmtree(tmp_path / "figures")


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


ROOT = Path(__file__).parents[4]
csv.field_size_limit(10_000_000)


def tables(directory: Path, path: Path, *, texts: bool = True) -> dict[str, list[dict[str, str]]]:
    export(directory, "csv", path, texts=texts, force=False)
    found = {}
    for file in sorted(path.iterdir()):
        with file.open(encoding="utf-8", newline="") as opened:
            found[file.stem] = list(csv.DictReader(opened))
    return found


@pytest.mark.parametrize("name", ["paper", "gated", "eval"])
def test_tables_hold_what_the_store_holds(runs: dict[str, Path], tmp_path: Path, name: str) -> None:
    found = tables(runs[name], tmp_path / "csv")
    with Store.open(runs[name]) as store:
        evaluated = [stored.event for stored in store.events(Evaluated)]
        messages = sum(len(stored.event.messages) for stored in store.events(LmCalled))
        answers = [stored.event for stored in store.events(LmResponded)]
        iterations = [stored.event for stored in store.events(IterationFinished)]
        texts = {row["digest"]: row["text"] for row in found["texts"]}
        assert all(csv_cell(store.text(digest)) == text for digest, text in texts.items())
    assert [float(row["value"]) for row in found["evaluations"]] == [event.value for event in evaluated]
    assert [json.loads(row["scores"]) for row in found["evaluations"]] == [list(event.scores) for event in evaluated]
    assert [row["solution"] for row in found["evaluations"]] == [
        "" if event.solution is None else digest_of(event.solution) for event in evaluated
    ]
    assert len(found["calls"]) == messages
    assert sorted(row["answer"] for row in found["calls"]) == sorted(digest_of(event.text) for event in answers)
    assert [json.loads(row["test"]) for row in found["iterations"]] == [list(event.test) for event in iterations]
    assert {row["answer"] for row in found["calls"]} <= set(texts)


def test_tables_say_in_cells_what_a_spreadsheet_would_run(hostile: Path, tmp_path: Path) -> None:
    found = tables(hostile, tmp_path / "csv")
    for rows in found.values():
        for value in (value for row in rows for value in row.values()):
            assert not value.startswith(("+", "@", "=", "\t", "\r", "＝")), value
            assert not value.startswith("-") or float(value) <= 0
            assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", value)
    texts = {row["digest"]: row["text"] for row in found["texts"]}
    for name in ("formula", "plus", "minus", "at", "tab", "return", "wide", "apostrophe"):
        assert texts[digest_of(HOSTILE[name])] == f"'{HOSTILE[name]}"
    for name in ("quotes", "huge", "empty", "script"):
        assert texts[digest_of(HOSTILE[name])] == HOSTILE[name]
    assert texts[digest_of(HOSTILE["nul"])] == r"a\x00b" and texts[digest_of(HOSTILE["surrogate"])] == r"a\ud800b"


def test_evaluation_without_metrics_has_an_empty_cell(hostile: Path, tmp_path: Path) -> None:
    with Store.open(hostile) as store:
        metrics = [stored.event.metrics for stored in store.events(Evaluated)]
    rows = tables(hostile, tmp_path / "csv")["evaluations"]
    assert () in metrics and [row["metrics"] != "" for row in rows] == [bool(each) for each in metrics]


def test_message_that_was_never_answered_has_a_row_without_answer(hostile: Path, tmp_path: Path) -> None:
    rows = tables(hostile, tmp_path / "csv")["calls"]
    assert len(rows) == len(HOSTILE) and [row["index"] for row in rows if not row["answer"]] == [str(len(HOSTILE) - 1)]
    assert [row["faults"] for row in rows if row["faults"]] == ['["retry: =late"]']
    assert rows[0]["dollars"] == "2.5" and rows[1]["dollars"] == "" and sum(int(row["lm_calls"]) for row in rows) == 3


def test_tables_without_texts_quote_nothing(hostile: Path, tmp_path: Path) -> None:
    found = tables(hostile, tmp_path / "csv", texts=False)
    assert set(found) == {"audit", "calls", "evaluations", "iterations"}
    whole = "".join(file.read_text() for file in (tmp_path / "csv").iterdir())
    assert not any(word in whole for word in ("evil.example", "owned", "late", "cmd", "script"))
