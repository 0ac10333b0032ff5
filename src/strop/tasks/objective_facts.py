"""What a program is measured by: what reports need to know about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, field
from typing import Literal, TypeAlias

from strop.base.as_document import HIDDEN
from strop.base.later import dataclass
from strop.base.results import Evaluation, Input, ScoredBy

SCORE = "score"
"""The metric of a task whose scores code of the user's computes: a number in [0, 1]."""
_SCORERS: tuple[ScoredBy, ...] = ("host", "judge")
Calls: TypeAlias = Literal["", "first", "later"]
"""Which calls of a timed function are measured: the first one of a process, or later ones; empty where no function is timed."""


@dataclass(frozen=True)
class MetricFacts:
    """A metric: its name, and what better means."""

    name: str
    """Name of the metric."""
    goal: Literal["max", "min"]
    """`max` if more is better, `min` if less is better."""
    reader: str = ""
    """How a value is read: a kind of score such as `time`, a path such as `$.speed`, a regular expression, `verify` for a
    construction, or who computes it, `host` or `judge`, for a score in [0, 1]."""
    resolution: float = 0.0
    """The relative difference that no number of measurements resolves. Every interval contains it on both sides."""

    @property
    def is_score(self) -> bool:
        """Whether it is a score, which is 0 where a program fails. A failure has no value of any other metric."""
        return self.reader in _SCORERS

    def of(self, evaluation: Evaluation) -> float | None:
        """Its mean in an evaluation, of scores the utility; None if it was not measured."""
        return evaluation.value if self.is_score else evaluation.means.get(self.name)

    def pairs(self, after: Evaluation, before: Evaluation) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Its values in an evaluation in training, and the original's: measured beside it, but scores before it, in `before`."""
        if self.is_score:
            return after.scores, before.scores
        rows = after.metrics, after.original_metrics
        new, old = (tuple(row[self.name] for row in of if self.name in row) for of in rows)
        return new, old


@dataclass(frozen=True)
class ObjectiveFacts:
    """How programs of a task are compared: by which metric, computed by whom, and on which inputs."""

    metric: MetricFacts
    """The metric that decides."""
    input: Input
    """Who says what the inputs are: they are `drawn` from a seed, `listed` (a part of the list is held out), or
    `chosen` by the target itself."""
    scored_by: ScoredBy
    """Who computes the score: `host` (strop), `judge` (a command in a jail of its own), `kernel`, or `program` (the
    program's own process)."""
    trusts_programs: bool = False
    """Whether the user trusts programs that could compute their score themselves (`--trust-programs`)."""
    published: str = ""
    """Who published the best known construction, and when. Empty if answers are not constructions."""
    scoring: str = ""
    """Who computes the score, in words."""
    report_only: Mapping[str, str] = field(default_factory=dict)
    """Scores that are only shown: name → how the value is read."""
    calls: Calls = ""
    """Which calls of a timed function are measured: the `first` call of a process, or `later` ones. Empty if no
    function is timed."""
    commands: tuple[str, ...] = ()
    """The commands whose calls of the function were recorded. Empty if no calls were recorded."""
    made: int = 0
    """How many calls of the function these commands made. 0 if no calls were recorded."""
    share: float = field(default=0.0, metadata=HIDDEN)
    """The function's share of the CPU time of these commands, by samples of their run. It helps to judge what they show as a
    whole program, and is no figure of that. 0 if nobody knows it."""

    @property
    def own_score_because(self) -> str:
        """Why the score is the program's own, in words. Empty if somebody else computes it."""
        return self.scoring if self.scored_by == "program" else ""

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))


HOST_SCORES = ObjectiveFacts(MetricFacts(SCORE, "max", reader="host"), "drawn", "host")
"""What is known where several tasks are measured, each with scores of its own."""
