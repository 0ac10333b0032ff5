"""What the walk over a program saw it do. Plain data: what it means is for the rules."""

from __future__ import annotations

from dataclasses import dataclass, field

from strop.strategy.values import EMPTY, Mark, Value

MOST_RECORDS = 400


@dataclass(frozen=True)
class Asked:
    """One call of the language model, in one context."""

    site: int
    """Which place of the program."""
    loops: tuple[int, ...]
    """The loops around it, outermost first, through all callers."""
    prompt: Value
    temperature: Value
    single: bool
    """Whether it asks for one answer only."""
    many: bool
    """Whether it asks for a multiple of the budget's calls."""
    coins: tuple[int, ...]
    """The decisions by chance that it depends on."""


@dataclass(frozen=True)
class Scored:
    """One call of the utility, in one context."""

    site: int
    loops: tuple[int, ...]
    solution: Value


@dataclass(frozen=True)
class CutTo:
    """A ranked list was cut to its first k."""

    loops: tuple[int, ...]
    fraction: bool
    """k is a fraction of its length, or of the k before."""


@dataclass
class Facts:
    """Everything that was seen, in order."""

    asked: list[Asked] = field(default_factory=list)
    scored: list[Scored] = field(default_factory=list)
    cuts: list[CutTo] = field(default_factory=list)
    returned: Value = EMPTY
    accepts_by_chance: bool = False
    """A random number is compared with exp of something."""
    accepts_by_score: bool = False
    """... of something that scores decide."""
    drawn: Mark = Mark.NONE
    """Of all draws: UCB, ARM, RANDOM_DRAW, KEPT_EACH, FROM_GROUP."""
    migrates: bool = False
    """A solution of one group was put into a group."""
    groups: bool = False
    """A container inside a container was changed: what it holds is no mere pair or batch."""
    grown: set[int] = field(default_factory=set)
    """Loops in which a ranked container got what the model wrote."""
    exhausted: bool = False
    """The program was too intricate to be followed to the end."""
