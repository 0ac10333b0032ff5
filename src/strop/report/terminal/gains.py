"""How much better a metric is, in words: a percentage with its interval, in the direction in which people say it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TypedDict

from strop.base.events import Evaluated
from strop.core.metric_change import Gain, MetricFacts, facts_of, gain
from strop.report.terminal.words import escape, no_width, plain, seconds_in_words
from strop.tasks.command.objective import COUNTED_BY_KERNEL
from strop.tasks.command.task import AnyTask

_CLOCKS = ("time", "wall")
_SECONDS = ("seconds", "_seconds", " seconds")
"""How the name of a metric ends that is printed in seconds."""


def valued(metric: MetricFacts, value: float) -> str:
    """A value of a metric with its unit, where it is known: `0.85 ms`, `12.5 MiB`, `0.9143`."""
    if metric.reader in _CLOCKS or metric.name.lower().endswith(_SECONDS):
        return seconds_in_words(value)
    if metric.reader == "tests":
        return f"{plain(100 * value)}%"
    return f"{plain(value)} MiB" if metric.reader == "memory" else plain(value, 4)


def values(found: Gain) -> str:
    """From what to what: `from 119 ms to 0.85 ms`."""
    return f"from {valued(found.metric, found.before)} to {valued(found.metric, found.after)}"


def size(found: Gain) -> str:
    """How large the change is, in words: `12% faster (95% interval 8 to 15%)`, `3.1x as fast (…)`, `0.51 higher (…)`."""
    interval = found.change.interval
    if found.metric.reader == "tests":
        return "all tests pass" if found.after == 1 else f"{'more' if found.change.mean > 0 else 'fewer'} tests pass"
    if found.scale == "difference":
        sign = 1.0 if found.metric.goal == "max" else -1.0
        word = "higher" if sign * found.change.mean >= 0 else "lower"
        turned = 1.0 if found.change.mean >= 0 else -1.0
        words = f"{_name(found)} {plain(abs(found.change.mean))} {word}".lstrip()
        return words + _between(interval, lambda x: plain(turned * x), "", turned < 0)
    return _of_ratio(found, interval)


def unnamed(found: Gain, *, interval: bool = True) -> str:
    """The same where the metric's name, and what the brackets are, stands beside it: `12% higher (8 to 15%)`."""
    anonymous = replace(found, metric=replace(found.metric, name=""))
    return size(anonymous).replace("(95% interval ", "(") if interval else compared(anonymous)


def _of_ratio(found: Gain, interval: tuple[float, float] | None) -> str:
    clock = found.metric.reader in _CLOCKS
    ratio = math.exp(found.change.mean)
    if clock or (found.metric.goal == "max" and found.change.mean >= 0):
        # A speed, or a score: how much more of it there is.
        if ratio >= 2:
            what = "as fast" if clock else f"the {_name(found)}" if found.metric.name else "as much"
            words = f"{_times(ratio)} {what}"
            return words + _between(interval, lambda x: _times(math.exp(x)), "", False)
        return _percent(_word(found, clock), found.change.mean, interval, less=ratio < 1)
    # How much less, or how much more, there is of what should be small, or less of what should be large.
    raw = -found.change.mean if found.metric.goal == "min" else found.change.mean
    turned = None if interval is None else (-interval[1], -interval[0]) if found.metric.goal == "min" else interval
    return _percent(_word(found, clock), raw, turned, less=raw < 0)


def _times(ratio: float) -> str:
    return f"{plain(ratio, 2)}x"


def _word(found: Gain, clock: bool) -> str:
    better = found.change.mean >= 0
    if clock:
        return "faster" if better else "slower"
    up = better == (found.metric.goal == "max")
    if found.metric.reader == "memory":
        return "more memory" if up else "less memory"
    if found.metric.name == "all together":
        return "better" if better else "worse"
    return f"{'higher' if up else 'lower'} {_name(found)}".rstrip()


def _percent(word: str, log: float, interval: tuple[float, float] | None, *, less: bool) -> str:
    sign = -1.0 if less else 1.0

    def percent(x: float) -> str:
        return f"{sign * 100 * math.expm1(x):.{_places(log)}f}"

    shown = percent(log)
    amount = f"{shown}%" if float(shown) else "less than 0.1%"
    return f"{amount} {word}" + _between(interval, percent, "%", less)


def _places(log: float) -> int:
    """Digits after the point of a percentage: one for small ones, and as many as tell 99.6% less from all of it."""
    left = math.exp(log)
    if left < 0.1:
        return min(-math.floor(math.log10(left)) - 1, 6)
    return 0 if abs(math.expm1(log)) >= 0.0995 else 1


def _between(interval: tuple[float, float] | None, written: Callable[[float], str], unit: str, turned: bool) -> str:
    if interval is None or no_width(interval):
        return ""
    low, high = reversed(interval) if turned else interval
    return f" (95% interval {written(low)} to {written(high)}{unit})"


def _name(found: Gain) -> str:
    return escape(found.metric.name, 40)


def score_words(task: AnyTask) -> Callable[[Evaluated], str] | None:
    """Puts the training score of a candidate of `task` into words: `12% faster (0.89 to the original's 1.00)`.

    None where the score is all that is known."""
    facts = facts_of(task)
    if facts is None:
        return None

    def words(event: Evaluated) -> str:
        each = [gain(metric, event.metrics, event.beside, seeded=facts.seeded) for metric in facts.metrics]
        said = [
            f"{compared(one)} ({valued(one.metric, one.after)}, the original's is {valued(one.metric, one.before)})"
            for one in each
            if one is not None
        ]
        return ", ".join(said) if said else f"{event.value:.3f}"

    return words


def compared(found: Gain) -> str:
    """How large the change is, without its interval."""
    without = replace(found, change=replace(found.change, interval=None))
    if not found.change.mean:
        return f"{_name(found)} unchanged".lstrip()
    words = size(without)
    return (
        words if found.metric.name in (*COUNTED_BY_KERNEL, "") or _name(found) in words else f"{_name(found)} {words}"
    )


class GainDocument(TypedDict):
    """One metric on the sealed split, in a document."""

    name: str
    """Name of the metric."""
    goal: str
    """`max` or `min`."""
    original: float
    """Mean of the original."""
    improved: float
    """Mean of the improved program."""
    scale: str
    """`ratio` or `difference`."""
    change: float
    """The change; more is better."""
    interval: list[float] | None
    """95% interval of the change."""
    n: int
    """Instances or repeated measurements."""
    p: float
    """p-value of the two-sided sign-flip test."""
    deterministic: bool
    """Whether every measurement gave the same two numbers."""
    verdict: str
    """`better`, `worse` or unclear, in words."""


def gain_document(found: Gain) -> GainDocument:
    """The same, for a document; `change` and `interval` are ratios or differences, more is better."""
    of = math.exp if found.scale == "ratio" else float
    return {
        "name": found.metric.name,
        "goal": found.metric.goal,
        "original": found.before,
        "improved": found.after,
        "scale": found.scale,
        "change": of(found.change.mean),
        "interval": None if found.change.interval is None else [of(each) for each in found.change.interval],
        "n": found.change.n,
        "p": found.p,
        "deterministic": found.deterministic,
        "verdict": found.verdict,
    }
