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
    """A metric: what reports need to know about it."""

    name: str
    """Name of the metric."""
    goal: Literal["max", "min"]
    """`max` if more is better, `min` if less is."""
    reader: str = ""
    """How its value is read: the kind of score, such as `time`; `verify`, a path or an expression."""
    resolution: float = 0.0
    """Relative difference that no number of measurements resolves; every interval contains it on both sides."""


@dataclass(frozen=True)
class ObjectiveFacts:
    """What a program is measured by: what reports need to know about it; part of the record."""

    metric: MetricFacts
    """The metric that decides."""
    input: Input
    """Who says what its inputs are."""
    scored_by: ScoredBy
    """Who computes the score."""
    trusts_programs: bool = False
    """Whether the user trusts programs that could make their score themselves."""
    published: str = ""
    """Who published the best known construction, and when; empty for other tasks."""
    scorer: str = ""
    """`scored_by` in words."""
    report_only: Mapping[str, str] = field(default_factory=dict)
    """Score that is only shown → how its value is read."""
    calls: Calls = ""
    """Which calls of a timed function are measured."""
    commands: tuple[str, ...] = ()
    """The commands whose calls of the function were recorded; empty: none were."""
    share: float = 0.0
    """Of their CPU time, the share of the function; 0 where nobody knows it."""

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))
