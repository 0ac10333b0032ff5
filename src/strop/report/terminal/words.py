"""Small pieces of text that every report is made of. Against rich's markup the reports use `rich.text.Text`, which has none."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from strop.analysis.stats import Estimate, estimate, stratified
from strop.base.pluralize import quantity as quantity
from strop.base.terminal_text import escape as escape  # what every report says goes through it

NAMED_BY = 12
"""Hexadecimal digits by which reports name a program."""

OFFLINE_NOTICE = "{name}: a built-in stand-in, not a language model; what it reaches says nothing about any model"
MIXED_NOTICE = "{name}: in part a built-in stand-in, not a language model; what they reach says nothing about any model"


def notice_of(name: str, is_language_model: bool) -> str:
    """What stands above every result of a model; empty for a language model."""
    notice = MIXED_NOTICE if name.startswith("mix:") else OFFLINE_NOTICE
    return "" if is_language_model else notice.format(name=name)


def ruled(title: str, unsandboxing: bool) -> str:
    """The title of an audit's rule, marked where the rule counts as unsandboxing."""
    return f"{title} (unsandboxing)" if unsandboxing else title


def with_error(values: Sequence[float], sign: str = "±") -> str:
    """Mean ± standard error of a sample, to three decimals; a dash for none, no error for one."""
    return in_words(estimate(values), sign) if values else "-"


def of_tasks(values: Sequence[float], tasks: Sequence[str]) -> list[Sequence[float]]:
    """The values of each task's copies, of those of all, which stand one task after another."""
    each = len(values) // max(len(tasks), 1)
    return [values[number * each : (number + 1) * each] for number in range(len(tasks))]


def over_tasks(values: Sequence[float], tasks: Sequence[str], sign: str = "±") -> str:
    """Mean ± standard error of copies of several tasks, which are taken as given; of one task where none is named."""
    return in_words(stratified(of_tasks(values, tasks)), sign) if tasks and values else with_error(values, sign)


def in_words(found: Estimate, sign: str = "±") -> str:
    """An estimate as `0.612 ± 0.010`."""
    return f"{found.mean:.3f}" if found.stderr is None else f"{found.mean:.3f} {sign} {found.stderr:.3f}"


ALL_EQUAL = "all equal"
"""In the place of an interval without width."""
_NO_WIDTH = 1e-9


def no_width(interval: Sequence[float]) -> bool:
    """Whether an interval has no width: its values do not differ, which says nothing of what others would be."""
    return interval[1] - interval[0] < _NO_WIDTH


def counted(counts: Mapping[str, int]) -> str:
    """`ok 120, raised 3`: the most frequent first; a dash for none."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {count}" for name, count in ordered) or "-"


def plain(value: float, digits: int = 3) -> str:
    """A number to so many significant digits, never with an exponent: `140`, `2.1`, `0.00085`."""
    text = f"{value:.{digits}g}"
    if "e" not in text:
        return text
    rounded = float(text)
    return f"{rounded:,.{max(digits - 1 - math.floor(math.log10(abs(rounded))), 0)}f}"


def seconds_in_words(seconds: float) -> str:
    """A measured time with the unit that suits it: `1.15 s`, `0.85 ms`, `3.2 µs`."""
    size = abs(seconds)
    if size >= 1 or size == 0:
        return f"{plain(seconds)} s"
    return f"{plain(seconds * 1e3)} ms" if size >= 1e-4 else f"{plain(seconds * 1e6)} µs"


def duration(seconds: float) -> str:
    """`8.1 s`, `2:05` or `1:02:05`."""
    if seconds < 59.95:
        return f"{max(seconds, 0.0):.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
