from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from strop.analysis.audit import RULES
from strop.base.events import Event, IterationFinished, RunStarted, outlined
from strop.base.solution import digest_of
from strop.report.terminal.documents import ModelFacts, iteration_document, run_document, to_json
from strop.report.terminal.score import ScoreResult, score_document
from strop.runs.run_data import run_data
from strop.store import Stored

OFFLINE = ModelFacts("offline", is_language_model=False)


def test_run_document_holds_what_the_run_was_and_each_iteration(stored: list[Stored[Event]]) -> None:
    document = run_document(run_data(stored), directory=Path("runs/x"), model=OFFLINE, best=Path("runs/x/best.py"))
    assert {name: value for name, value in document.items() if name != "iterations"} == {
        "schema_version": 1,
        "run": "runs/x",
        "task": "lpn",
        "kind": "run",
        "selection": "paper",
        "status": "finished",
        "detail": "",
        "model": "offline",
        "is_language_model": False,
        "last": None,
        "best": "runs/x/best.py",
        "unused_evaluations": 0,
        "audit": [{"rule": "R004", "title": RULES["R004"].title, "source": "guest", "unsandboxing": False, "times": 1}],
    }
    assert [iteration["t"] for iteration in document["iterations"]] == [0, 1]


def test_iteration_in_a_document_has_means_with_errors_counts_and_the_digest(
    make_iteration: Callable[..., IterationFinished],
) -> None:
    assert iteration_document(outlined(make_iteration(1, True, (0.5, 0.75), (0.25,)))) == {
        "t": 1,
        "accepted": True,
        "reason": "",
        "train": {"mean": 0.625, "stderr": 0.125, "values": [0.5, 0.75]},
        "test": {"mean": 0.25, "stderr": None, "values": [0.25]},
        "lm_calls": 5,
        "evaluations": 1001,
        "verdicts": {"ok": 900, "out of memory": 100},
        "seconds": 61.0,
        "improver": digest_of("I1"),
        "parent": None,
        "gate": None,
    }


def test_iteration_that_was_not_measured_has_null_in_its_place(
    make_iteration: Callable[..., IterationFinished],
) -> None:
    document = iteration_document(make_iteration(1, False, (), ()))
    assert (document["train"], document["test"]) == (None, None)


def test_run_document_is_unfinished_when_the_run_is_not_over(stored: list[Stored[Event]]) -> None:
    assert run_document(run_data(stored[:-1]), directory=Path("x"), model=OFFLINE, best=None)["status"] == "unfinished"


def test_run_document_is_unfinished_when_the_run_was_taken_up_again(stored: list[Stored[Event]]) -> None:
    again = [*stored, Stored(99, 0.0, RunStarted(scope="", spec={"task": "lpn"}, environment={}, posture={}))]
    assert run_document(run_data(again), directory=Path("x"), model=OFFLINE, best=None)["status"] == "unfinished"


@pytest.mark.parametrize("spec", ["", [], {}, {"task": 3}, {"task": "lpn", "selection": None}])
def test_run_document_is_refused_where_the_recipe_is_damaged(spec: Any) -> None:
    begun = [Stored(1, 0.0, RunStarted(scope="", spec=spec, environment={}, posture={}))]
    with pytest.raises(ValueError, match="recipe"):
        run_document(run_data(begun), directory=Path("x"), model=OFFLINE, best=None)


def test_score_document_has_null_when_nothing_failed() -> None:
    assert score_document(ScoreResult("lpn", "train", 0.5, (0.4, 0.6), {"ok": 2})) == {
        "schema_version": 1,
        "task": "lpn",
        "sentence": "The program scores 0.5000 on lpn (training split, 2 instances).",
        "split": "train",
        "utility": 0.5,
        "instances": [0.4, 0.6],
        "verdicts": {"ok": 2},
        "error": None,
        "notes": [],
        "metrics": [],
        "beside": [],
        "shared_because": "",
    }


def test_json_text_is_ascii_whatever_a_guest_wrote() -> None:
    text = to_json(score_document(ScoreResult("lpn", "train", 0.0, (), {}, "é \ud800 \x1b")))
    assert text.isascii() and json.loads(text)["error"] == "é \ud800 \x1b"


def test_json_text_refuses_a_number_that_is_not_finite() -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        to_json(score_document(ScoreResult("lpn", "train", float("nan"), (), {})))
