"""What of a measurement counts: metrics with a direction and a weight, constraints, and the utility in [0, 1] made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """One number that is better when it is larger (`max`) or smaller (`min`)."""

    name: str
    goal: Literal["max", "min"] = "max"
    weight: float = 1.0


@dataclass(frozen=True)
class Constraint:
    """What a metric must satisfy for a candidate to count at all."""

    name: str
    relation: Literal["=", ">=", "<="]
    bound: float


@dataclass(frozen=True)
class Objective:
    """Metrics, where their values are read, and constraints."""

    metrics: tuple[Metric, ...]
    readers: Mapping[str, str]
    """Name → how it is read: `time`, `wall`, `memory`, `passed`, `tests`, a JSON path `$.a.b`, or a regular expression."""
    constraints: tuple[Constraint, ...] = ()
    pareto: bool = False
    """Whether the candidates that no other beats in every metric are shown, besides the best by utility."""

    @property
    def told(self) -> str:
        """In words, for u_str."""
        return "; ".join(f"{'maximise' if each.goal == 'max' else 'minimise'} {each.name}" for each in self.metrics)
