"""The kinds of score that are a word, one row each. Any other score is printed: a path into a JSON document, or a regular
expression."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from strop.base.later import dataclass


@dataclass(frozen=True)
class Printed:
    """What one run of a command left behind."""

    output: str
    errors: str
    passed: bool
    """Whether it exited with status 0."""
    cpu_seconds: float
    wall_seconds: float
    memory_bytes: int
    file: Callable[[str], bytes | None] = lambda path: None
    """The content of a file that it wrote, by path; None if there is none."""
    source: str = "the output"
    """What is said to give the scores."""
    returned: Mapping[str, object] | None = None
    """What an evaluator returned, in place of the JSON documents of the output; None: nothing is returned."""


@dataclass(frozen=True)
class ScoreKind:
    """One kind of score."""

    name: str
    """The word, as in `--score time`."""
    scored_by: Literal["kernel", "program"]
    """The kernel counts costs, which no program can forge: less is better. A program decides about rates in [0, 1]."""
    unit: str
    """The unit behind the number. Seconds (`s`) are written as `0.85 ms` or `1.2 s`, and shares (`%`) as percentages."""
    noun: str
    """What is measured, in a sentence; empty: the metric's name says it."""
    meaning: str
    """What the value means, in words for the model, which also stand beside a value."""
    read: Callable[[Printed], float] | None
    """The value in `unit`; None: `readers` finds it in the output."""
    is_time: bool = False
    """Whether it differs in every run, so that the original is measured beside each candidate."""
    resolution: float = 0.0
    """Relative difference that no number of measurements resolves."""


KINDS = {
    kind.name: kind
    for kind in (
        ScoreKind(
            "time",
            "kernel",
            "s",
            "CPU time",
            "CPU seconds of everything that the command starts, counted by the kernel",
            lambda left: left.cpu_seconds,
            is_time=True,
            resolution=0.01,
        ),
        ScoreKind(
            "wall",
            "kernel",
            "s",
            "wall time",
            "seconds that the command takes",
            lambda left: left.wall_seconds,
            is_time=True,
            resolution=0.01,
        ),
        ScoreKind(
            "memory",
            "kernel",
            "MiB",
            "memory",
            "MiB of memory of all its processes together and of its files, counted by the kernel",
            lambda left: left.memory_bytes / (1 << 20),
        ),
        ScoreKind(
            "passed",
            "program",
            "",
            "",
            "the exit status: 1 if it is 0, else 0",
            lambda left: float(left.passed),
        ),
        ScoreKind(
            "tests",
            "program",
            "%",
            "tests",
            "share of the tests that pass, from 0 to 1, read from the summary of the test tool",
            None,
        ),
    )
}
"""Every kind by its name."""
EQUAL = "answers must equal the original's"
"""What is said of costs whose answers are compared."""
COUNTED_BY_KERNEL = tuple(name for name, kind in KINDS.items() if kind.scored_by == "kernel")
RATES = ("host", "judge", *(name for name, kind in KINDS.items() if kind.scored_by == "program"))
"""The readers of rates in [0, 1], which are compared by their differences."""
TIMES = tuple(name for name, kind in KINDS.items() if kind.is_time)
