"""A run as parameters and metrics, as experiment trackers want it: the recipe once, figures by iteration, totals at the end."""

from __future__ import annotations

import json
from collections import Counter

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
from strop.tasks.base import META_TASK

KINDS: tuple[type[Event], ...] = (
    RunStarted,
    RunResumed,
    RunFinished,
    IterationFinished,
    LmCalled,
    LmResponded,
    Evaluated,
)


def recipe(event: RunStarted | RunResumed) -> dict[str, str | int | float | bool]:
    """The fields of the recipe that are given."""
    fields = json.loads(event.spec).items()
    return {
        name: value if isinstance(value, str | int | float) else json.dumps(value)
        for name, value in fields
        if value is not None
    }


class Totals:
    """What a run has spent so far, all its stretches together."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._cost = 0
        self._priced = True

    def add(self, event: Event) -> None:
        """Count an event."""
        if isinstance(event, LmCalled):
            self._counts["lm_calls"] += event.cost
        elif isinstance(event, Evaluated) and event.utility != META_TASK:
            self._counts["evaluations"] += 1
        elif isinstance(event, LmResponded) and not event.again:
            self._counts["responses"] += 1
            self._counts["input_tokens"] += event.input_tokens or 0
            self._counts["output_tokens"] += event.output_tokens or 0
            self._cost += event.cost or 0
            self._priced = self._priced and event.cost is not None

    def metrics(self) -> dict[str, float]:
        """Calls, responses, tokens, evaluations, and the cost in dollars where every response has a price."""
        names = ("lm_calls", "responses", "input_tokens", "output_tokens", "evaluations")
        found = {name: float(self._counts[name]) for name in names}
        return found | ({"cost_dollars": self._cost / 1e9} if self._priced else {})

    def of(self, event: IterationFinished) -> dict[str, float]:
        """The figures of an iteration: û of I_t on both splits, whether it is new, and what the run has spent by then."""
        found = {"accepted": float(event.accepted), "seconds": event.seconds}
        found |= {name: mean(values) for name, values in (("train", event.train), ("test", event.test)) if values}
        return found | self.metrics()
