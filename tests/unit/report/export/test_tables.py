"""CSV: tables of evaluations, calls, iterations, audit and texts."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from strop.base.events import Evaluated, IterationFinished, LmCalled, LmResponded
from strop.base.solution import digest_of
from strop.report.export.export import csv_cell, export
from strop.store import Store
from support.hostile_record import HOSTILE

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
    assert [row["faults"] for row in rows if row["faults"]] == ["retry: =late"]
    assert rows[0]["dollars"] == "2.5" and rows[1]["dollars"] == "" and sum(int(row["lm_calls"]) for row in rows) == 3


def test_tables_without_texts_quote_nothing(hostile: Path, tmp_path: Path) -> None:
    found = tables(hostile, tmp_path / "csv", texts=False)
    assert set(found) == {"audit", "calls", "evaluations", "iterations"}
    whole = "".join(file.read_text() for file in (tmp_path / "csv").iterdir())
    assert not any(word in whole for word in ("evil.example", "owned", "late", "cmd", "script"))
