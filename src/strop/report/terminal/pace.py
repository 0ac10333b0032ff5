"""Estimates of the time that a run still takes, and of its LM calls in all, from its plan and from its progress.

The unit of time is the downstream improvement, which takes most of an iteration of Algorithm 1. The next iteration is expected
to take as many as the finished ones took; before the first has finished, as many as a plan expects (strop.runs.cost_estimate).
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping

from strop.base.errors import StropError
from strop.base.events import (
    Event,
    ImproveFinished,
    ImproveStarted,
    IterationFinished,
    IterationStarted,
    RunResumed,
    RunStarted,
)
from strop.core.selection.gated import Gate
from strop.core.selection.rehearsal import rehearsed
from strop.report.terminal.progress import Progress, is_tried
from strop.report.terminal.words import duration
from strop.runs.cost_estimate import calls_of_iteration
from strop.runs.spec import RunSpec

LEAST_UNITS, LEAST_SECONDS = 3, 2.0
"""There is no estimate before so many are done, and so much time has passed."""
_ITSELF = re.compile(r"t\d+/improve")


class Pace:
    """Counts the work of this session. Not locked."""

    def __init__(self, progress: Progress, planned: int | None = None) -> None:
        """`planned`: downstream improvements in all, if that is known (strop eval)."""
        self._progress = progress
        self._planned = planned
        self._begun: float | None = None
        self._before = 0.0
        self._done: Counter[int] = Counter()
        """Units by t; -1 for a run without iterations."""
        self._whole: set[int] = set()
        """Iterations that began in this session."""
        self._ended = -1

    def add(self, event: Event, now: float) -> None:
        """Count an event that happens `now`, in seconds."""
        match event:
            case RunResumed(seconds=seconds):
                self._before, self._begun = seconds, now
                self._whole.clear()
            case RunStarted() | ImproveStarted() if self._begun is None:
                self._begun = now
            case IterationStarted(t=t):
                self._whole.add(t)
            case ImproveFinished(scope=scope) if not _ITSELF.fullmatch(scope) and scope != "improve":
                self._done[self._t] += 1
            case IterationFinished() if self._progress.recipe:
                self._ended = event.t
            case _ if is_tried(event):
                self._done[-1] += 1

    @property
    def _t(self) -> int:
        return -1 if self._progress.t is None else self._progress.t

    def left(self, now: float) -> str:
        """`about 2:05 left`, `at most about 2:05 left`, or nothing."""
        if self._begun is None:
            return ""
        elapsed, done = now - self._begun, sum(self._done.values())
        limit = self._progress.recipe.get("max_time")
        most = limit - self._before - elapsed if isinstance(limit, (int, float)) else math.inf
        units = self._units_left()
        seconds = math.inf
        if units is not None and done >= LEAST_UNITS and elapsed >= LEAST_SECONDS:
            seconds = units * elapsed / done
        if math.isinf(min(seconds, most)):
            return ""
        single = self._planned is None and self._progress.t is None  # strop improve may end before its budget
        at_most = "at most " if most < seconds or single else ""
        return f"{at_most}about {_rounded(max(min(seconds, most), 0.0))} left"

    def _units_left(self) -> float | None:
        """How many follow; None if that is unknown."""
        recipe, progress = self._progress.recipe, self._progress
        if self._planned is not None:
            return max(self._planned - sum(self._done.values()), 0)
        if progress.t is None:
            return _number(recipe, "utility_budget") - progress.tried if progress.tried else None
        iterations, t = _number(recipe, "iterations"), progress.t
        measured = [self._done[t] for t in self._whole if 0 < t <= self._ended]
        usual = sum(measured) / len(measured) if measured else _expected(recipe)
        now = 0.0 if self._ended >= t else (usual if t else _copies(recipe)) - self._done[t]
        if now < 0 and t >= iterations:
            return None  # already longer than planned
        return max(now, 0.0) + (iterations - t) * usual


def in_all(progress: Progress) -> tuple[int, int] | None:
    """(LM calls, billionths of a dollar) that the run is expected to take in all; None if unknown, and when it is over.

    An iteration takes the mean of the finished ones and of what a plan expects, which counts as one.
    """
    recipe, ended, total = progress.recipe, progress.run.iterations, progress.run.costs.total
    if "selection" not in recipe or not ended or progress.run.status != "running":
        return None
    try:
        spec = RunSpec.from_json(json.dumps(dict(recipe)))
        planned = [calls_of_iteration(spec, t) for t in range(ended[-1].t + 1, spec.iterations + 1)]
    except (StropError, ValueError):
        return None
    took = [event.lm_calls for event in ended if event.t > 0]
    done = sum(event.lm_calls for event in ended)
    calls = done + sum((expected + sum(took)) / (1 + len(took)) for expected in planned)
    calls = min(calls, math.inf if spec.max_calls is None else spec.max_calls)
    cost = total.cost * calls / total.calls if total.calls else 0.0
    return round(calls), round(min(cost, math.inf if spec.max_cost is None else spec.max_cost * 1e9))


def _expected(recipe: Mapping[str, object]) -> float:
    """Downstream improvements of one iteration, as a plan expects them."""
    copies = _copies(recipe)
    candidates = min(_number(recipe, "max_responses"), _number(recipe, "meta_budget"))
    if recipe.get("selection") == "paper":
        return (candidates + 1) * copies
    error, comparisons = recipe.get("gate_error"), max(_number(recipe, "iterations"), 1)
    gate = Gate(error if isinstance(error, float) else 0.1, comparisons, _number(recipe, "gate_pairs"))
    usual = rehearsed(gate, max(copies, 1))
    return (candidates + usual.accepted) * copies + 2 * usual.pairs


def _copies(recipe: Mapping[str, object]) -> int:
    further = recipe.get("further_tasks")
    return _number(recipe, "copies") * (1 + (len(further) if isinstance(further, list) else 0))


def _number(recipe: Mapping[str, object], name: str) -> int:
    value = recipe.get(name)
    return value if isinstance(value, int) else 0


def _rounded(seconds: float) -> str:
    """To 5 s below a minute, to half a minute below ten, to minutes above: an estimate has no more digits."""
    step = 5 if seconds < 60 else 30 if seconds < 600 else 60
    rounded = max(math.ceil(seconds / step) * step, step)
    return duration(rounded) if seconds >= 60 else f"{rounded} s"
