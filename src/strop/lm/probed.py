"""What models support: the result of `strop doctor --model`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

State: TypeAlias = Literal["yes", "no", "taken", "refused", "ignored", "unknown"]


@dataclass(frozen=True)
class ProbeFinding:
    """One ability of a model or its server."""

    state: State
    """`yes`, `no`, `taken` (not refused), `refused`, `ignored` or `unknown`."""
    detail: str = ""
    """What was seen."""


@dataclass(frozen=True)
class Probed:
    """What one tiny request showed about a model."""

    lm: str
    """The model, as it was named."""
    host: str
    """Where the server is; empty if there is none."""
    reachable: bool
    """Whether its answer can be read."""
    detail: str
    """How many seconds the answer took, or why there is none; one line without keys."""
    model: str = ""
    """What answered, as the server names it."""
    findings: Mapping[str, ProbeFinding] = field(default_factory=dict)
    """Name of an ability, or `price` → what was found."""


@dataclass(frozen=True)
class ProbedModels:
    """What each of several models supports."""

    models: tuple[Probed, ...]
    """In the order of the command."""
