"""What a tracker gets of a run, and the interface of a tracker."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

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
from strop.store import Stored

LIBRARIES = {"mlflow": "mlflow", "wandb": "wandb"}
"""Tracker, which is also the name of its extra → the module that it needs."""
KINDS: tuple[type[Event], ...] = (
    *(RunStarted, RunResumed, RunFinished, IterationFinished),
    *(LmCalled, LmResponded, Evaluated),
)
"""The kinds of events that the figures are made of."""


@dataclass
class Figures:
    """A run as a tracker gets it. It holds no prompt, answer or program."""

    directory: Path
    facts: Mapping[str, str]
    """Kind, task and language model."""
    iterations: list[tuple[int, float, dict[str, float]]] = field(default_factory=list)
    """(t, Unix time of its end, its figures and the totals up to it)."""
    began: float = 0.0
    """Unix time."""
    ended: tuple[str, float] | None = None
    """Status of a session that ended, and its Unix time; None during a session."""
    run: RunData = field(default_factory=RunData)

    def add(self, stored: Stored[Event]) -> None:
        """Take the next event of the record."""
        event = stored.event
        self.run.add(event, stored.at)
        match event:
            case RunStarted():
                self.began = stored.at
            case RunResumed():
                self.ended = None
            case RunFinished():
                self.ended = event.status, stored.at
            case IterationFinished():
                values = {"accepted": float(event.accepted), "seconds": event.seconds}
                values |= {name: mean(of) for name, of in (("train", event.train), ("test", event.test)) if of}
                self.iterations.append((event.t, stored.at, values | self.totals()))

    def settings(self) -> dict[str, str | int | float | bool]:
        """The settings of the run that have a value."""
        return {
            name: value if isinstance(value, str | int | float) else json.dumps(value)
            for name, value in self.run.recipe.items()
            if value is not None
        }

    def totals(self) -> dict[str, float]:
        """Calls, responses, tokens, evaluations, and dollars if every response has a price; reused answers are free."""
        spent = self.run.costs.total
        counts = {
            "lm_calls": spent.lm_calls,
            "responses": spent.responses - spent.again,
            "input_tokens": spent.input_tokens,
            "output_tokens": spent.output_tokens,
            "evaluations": self.run.evaluations,
        }
        money = {} if spent.money is None else {"cost_dollars": spent.money / 1e9}
        return {name: float(count) for name, count in counts.items()} | money

    def best(self) -> Path | None:
        """The file of the best improver, if the run has written it."""
        path = self.directory / "best.py"
        return path if path.is_file() else None


@dataclass
class Notes:
    """What a tracker has of a run. It is saved, so that a resumed run continues the same run of the tracker."""

    run: str = ""
    """The tracker's own id of the run."""
    iterations: int = 0
    """How many of them have arrived."""
    ended: float = 0.0
    """Unix time of the session's end that has arrived last; 0 if none has, or a further session goes on."""

    def lacks_end(self, figures: Figures) -> bool:
        """Whether the run has ended since: a resumed run may end before anybody reads that it went on."""
        return figures.ended is not None and figures.ended[1] != self.ended


class Sink(Protocol):
    """One run in one tracker. One thread calls it; what it raises and how long it takes do not affect the run."""

    def send(self, figures: Figures, notes: Notes) -> None:
        """Bring the tracker up to date and say so in `notes`. After an exception it is called again later."""
        ...

    def close(self) -> None:
        """Close connections. The run may be resumed later."""
        ...
