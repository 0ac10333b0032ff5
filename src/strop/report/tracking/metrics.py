"""A run for experiment trackers: its settings as parameters, metrics of each iteration, totals at the end."""

from __future__ import annotations

import json

from strop.analysis.stats import mean
from strop.base.events import (
    Evaluated,
    Event,
    IterationFinished,
    LmCalled,
    LmResponded,
    RunFinished,
    RunResumed,
    RunStarted,
)
from strop.runs.run_data import RunData

KINDS: tuple[type[Event], ...] = (
    RunStarted,
    RunResumed,
    RunFinished,
    IterationFinished,
    LmCalled,
    LmResponded,
    Evaluated,
)
"""The kinds of events that `RunData` needs for these metrics."""


def parameters(run: RunData) -> dict[str, str | int | float | bool]:
    """The settings of the run that have a value."""
    return {
        name: value if isinstance(value, str | int | float) else json.dumps(value)
        for name, value in run.recipe.items()
        if value is not None
    }


def totals(run: RunData) -> dict[str, float]:
    """Calls, responses, tokens, evaluations, and the cost in dollars if every response has a price; reused answers are free."""
    spent = run.costs.total
    metrics = {
        "lm_calls": float(spent.calls),
        "responses": float(spent.responses - spent.again),
        "input_tokens": float(spent.input_tokens),
        "output_tokens": float(spent.output_tokens),
        "evaluations": float(run.evaluations),
    }
    return metrics if spent.money is None else metrics | {"cost_dollars": spent.money / 1e9}


def iteration_metrics(run: RunData, iteration: IterationFinished) -> dict[str, float]:
    """û of I_t on both splits, whether I_t is new, the seconds of the iteration, and the totals so far."""
    metrics = {"accepted": float(iteration.accepted), "seconds": iteration.seconds}
    for name, values in (("train", iteration.train), ("test", iteration.test)):
        if values:
            metrics[name] = mean(values)
    return metrics | totals(run)
