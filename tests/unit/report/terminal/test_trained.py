"""The result of a run, from its events."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from strop.analysis.audit import RULES
from strop.base.as_document import as_document
from strop.base.events import Event, IterationFinished, RunStarted, outlined
from strop.base.solution import digest_of
from strop.runs.results.trained import Trained
from strop.runs.run_data import RunData, run_data
from strop.runs.train import iterations_of, trained_of
from strop.store import Stored

HERE = Path("runs/x")


def of(events: list[Stored[Event]]) -> Trained:
    return trained_of(run_data(events), HERE)


def test_result_of_a_run_holds_what_the_run_was_and_each_iteration(stored: list[Stored[Event]]) -> None:
    document = as_document(of(stored))
    told = {
        name: document[name]
        for name in ("directory", "kind", "tasks", "selection", "status", "detail", "file", "audit")
    }
    assert told == {
        "directory": "runs/x",
        "kind": "run",
        "tasks": ["lpn"],
        "selection": "paper",
        "status": "finished",
        "detail": "",
        "file": None,
        "audit": [{"rule": "R004", "title": RULES["R004"].title, "source": "guest", "unsandboxing": False, "times": 1}],
    }
    assert [iteration["t"] for iteration in document["iterations"]] == [0, 1]
    assert document["costs"]["total"]["lm_calls"] == sum(one["lm_calls"] for one in document["costs"]["roles"].values())


def test_iteration_has_means_with_errors_counts_and_the_digest(
    make_iteration: Callable[..., IterationFinished],
) -> None:
    run = RunData(iterations=[outlined(make_iteration(1, True, (0.5, 0.75), (0.25,)))])
    document = as_document(iterations_of(run)[0])
    train, test = document.pop("train"), document.pop("test")
    assert (train["mean"], train["stderr"], train["values"]) == (0.625, 0.125, [0.5, 0.75])
    assert (test["mean"], test["stderr"], test["values"]) == (0.25, None, [0.25])
    low, high = train["interval"]
    assert 0 < low < 0.625 < high < 1
    assert document == {
        "t": 1,
        "accepted": True,
        "reason": "",
        "lm_calls": 5,
        "evaluations": 1001,
        "verdicts": {"ok": 900, "out of memory": 100},
        "seconds": 61.0,
        "improver": digest_of("I1"),
        "parent": None,
        "gate": None,
        "tasks": [],
        "search": None,
    }


def test_iteration_that_was_not_measured_has_none_in_its_place(
    make_iteration: Callable[..., IterationFinished],
) -> None:
    (iteration,) = iterations_of(RunData(iterations=[make_iteration(1, False, (), ())]))
    assert (iteration.train, iteration.test) == (None, None)


def test_run_is_unfinished_when_it_is_not_over(stored: list[Stored[Event]]) -> None:
    assert of(stored[:-1]).status == "unfinished"


def test_run_is_unfinished_when_it_was_taken_up_again(stored: list[Stored[Event]]) -> None:
    again = [*stored, Stored(99, 0.0, RunStarted(scope="", spec={"task": "lpn"}, environment={}, posture={}))]
    assert of(again).status == "unfinished"


@pytest.mark.parametrize("spec", ["", [], {}, {"task": 3}, {"task": "lpn", "selection": None}])
def test_result_is_refused_where_the_recipe_is_damaged(spec: Any) -> None:
    begun = [Stored(1, 0.0, RunStarted(scope="", spec=spec, environment={}, posture={}))]
    with pytest.raises(ValueError, match="recipe"):
        of(begun)  # type: ignore[arg-type]
