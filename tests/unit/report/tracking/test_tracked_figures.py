"""What a tracker gets of a run."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from strop.base.events import Event
from strop.report.tracking import Figures
from strop.store import Stored
from strop.tasks.base import META_TASK
from support.tracked import CALLED, EVALUATED, FINISHED, ITERATED, RESPONDED, RESUMED, STARTED


def figures_of(*events: Event) -> Figures:
    figures = Figures(Path("there"), {})
    for number, event in enumerate(events, 1):
        figures.add(Stored(number, 100.0 + number, event))
    return figures


def test_parameters_are_the_fields_of_the_recipe_that_have_a_value() -> None:
    recipe = {"model": "openai/gpt-4?seed=60", "base_url": "http://127.0.0.1:8000/v1", "iterations": 1}
    assert figures_of(STARTED).settings() == recipe


def test_totals_count_what_was_paid_and_no_reused_answer() -> None:
    meta = dataclasses.replace(EVALUATED, utility=META_TASK)
    again = dataclasses.replace(RESPONDED, again=True, input_tokens=0, output_tokens=0, cost=0)
    assert figures_of(STARTED, CALLED, RESPONDED, RESPONDED, again, EVALUATED, meta).totals() == {
        "lm_calls": 1.0,
        "responses": 2.0,
        "input_tokens": 200.0,
        "output_tokens": 40.0,
        "evaluations": 1.0,
        "cost_dollars": pytest.approx(0.006),
    }


def test_cost_is_left_out_when_a_response_has_no_price() -> None:
    assert "cost_dollars" not in figures_of(RESPONDED, dataclasses.replace(RESPONDED, cost=None)).totals()


def test_metrics_of_an_iteration_hold_the_means_of_the_splits_that_were_measured() -> None:
    ((t, at, metrics),) = figures_of(CALLED, ITERATED).iterations
    assert (t, at) == (0, 102.0)
    assert (metrics["train"], metrics["accepted"], metrics["lm_calls"]) == (pytest.approx(0.6), 0.0, 1.0)
    assert "test" not in metrics


def test_end_of_a_session_counts_until_the_run_is_resumed() -> None:
    assert figures_of(STARTED, FINISHED).ended == ("finished", 102.0)
    assert figures_of(STARTED, FINISHED, RESUMED).ended is None
