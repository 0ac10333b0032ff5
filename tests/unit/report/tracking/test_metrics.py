"""A run as parameters and metrics."""

from __future__ import annotations

import dataclasses

import pytest

from strop.base.events import Event
from strop.report.tracking.metrics import iteration_metrics, parameters, totals
from strop.runs.run_data import RunData
from strop.tasks.base import META_TASK
from support.tracked import CALLED, EVALUATED, ITERATED, RESPONDED, STARTED


def run_of(*events: Event) -> RunData:
    run = RunData()
    for event in events:
        run.add(event)
    return run


def test_parameters_are_the_fields_of_the_recipe_that_have_a_value() -> None:
    recipe = {"model": "openai/gpt-4?rpm=60", "base_url": "http://127.0.0.1:8000/v1", "iterations": 1}
    assert parameters(run_of(STARTED)) == recipe


def test_totals_count_what_was_paid_and_no_reused_answer() -> None:
    meta = dataclasses.replace(EVALUATED, utility=META_TASK)
    again = dataclasses.replace(RESPONDED, again=True, input_tokens=0, output_tokens=0, cost=0)
    assert totals(run_of(STARTED, CALLED, RESPONDED, RESPONDED, again, EVALUATED, meta)) == {
        "lm_calls": 1.0,
        "responses": 2.0,
        "input_tokens": 200.0,
        "output_tokens": 40.0,
        "evaluations": 1.0,
        "cost_dollars": pytest.approx(0.006),
    }


def test_cost_is_left_out_when_a_response_has_no_price() -> None:
    assert "cost_dollars" not in totals(run_of(RESPONDED, dataclasses.replace(RESPONDED, cost=None)))


def test_metrics_of_an_iteration_hold_the_means_of_the_splits_that_were_measured() -> None:
    metrics = iteration_metrics(run_of(CALLED, ITERATED), ITERATED)
    assert (metrics["train"], metrics["accepted"], metrics["lm_calls"]) == (pytest.approx(0.6), 0.0, 1.0)
    assert "test" not in metrics
