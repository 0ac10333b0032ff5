"""What a program is measured by: what reports need to know about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, field
from typing import Literal, TypeAlias

from strop.base.later import dataclass
from strop.base.results import Input, ScoredBy

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
    """How a value is read: a kind of score such as `time`, a path such as `$.speed`, a regular expression, or `verify`
    for a construction."""
    resolution: float = 0.0
    """The relative difference that no number of measurements resolves. Every interval contains it on both sides."""


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
    scorer: str = ""
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
    share: float = 0.0
    """The function's share of the CPU time of these commands. 0 if nobody knows it."""

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))
