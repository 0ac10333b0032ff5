"""A run as parameters and metrics."""

from __future__ import annotations

import dataclasses

import pytest

from strop.report.tracking.totals import Totals, recipe
from strop.tasks.base import META_TASK
from support.tracked import CALLED, EVALUATED, RESPONDED, STARTED


def test_recipe_holds_what_is_given_and_nothing_else() -> None:
    assert recipe(STARTED) == {"lm": "openai/gpt-4?rpm=60", "base_url": "http://127.0.0.1:8000/v1", "iterations": 1}


def test_totals_add_up_what_was_paid_and_nothing_that_was_given_again() -> None:
    totals = Totals()
    meta = dataclasses.replace(EVALUATED, utility=META_TASK)
    again = dataclasses.replace(RESPONDED, again=True, cost=None)
    for event in (STARTED, CALLED, RESPONDED, RESPONDED, again, EVALUATED, meta):
        totals.add(event)
    assert totals.metrics() == {
        "lm_calls": 1.0,
        "responses": 2.0,
        "input_tokens": 200.0,
        "output_tokens": 40.0,
        "evaluations": 1.0,
        "cost_dollars": pytest.approx(0.006),
    }


def test_cost_is_left_out_when_a_response_has_no_price() -> None:
    totals = Totals()
    totals.add(RESPONDED)
    totals.add(dataclasses.replace(RESPONDED, cost=None))
    assert "cost_dollars" not in totals.metrics()
