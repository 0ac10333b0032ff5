"""The change of a metric in words: a percentage with its interval, in the direction in which people say it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from strop.analysis.stats import Estimate
from strop.base.events import Evaluated
from strop.base.pluralize import plain
from strop.base.results import Evaluation
from strop.base.terminal_text import escape
from strop.core.metric_change import Gain, gain
from strop.runs.claims.numbers import between, no_width, seconds_in_words, turned
from strop.tasks.command.score_kinds import KINDS, ScoreKind
from strop.tasks.objective_facts import MetricFacts, ObjectiveFacts
from strop.tasks.problem import VERIFIED

_PRINTED = ScoreKind("", "program", "", "", "", None)
_MOST_FURTHER = 4
"""Digits beyond the usual ones, for two values that are nearly equal."""
_SECONDS = ("seconds", "_seconds", " seconds")
"""Ends of the names of metrics that are printed in seconds."""


def valued(metric: MetricFacts, value: float, further: int = 0) -> str:
    """A value of a metric with its unit, if it is known: `0.85 ms`, `12.5 MiB`, `0.9143`; `further` digits more."""
    unit = _kind(metric).unit
    if metric.is_score:
        return f"{value:.{3 + further}f}"
    if unit == "s" or metric.name.lower().endswith(_SECONDS):
        return seconds_in_words(value, 3 + further)
    if unit == "%":
        return f"{plain(100 * value, 3 + further)}%"
    digits = 7 if metric.reader == VERIFIED else 4
    return f"{plain(value, 3 + further)} {unit}" if unit else plain(value, digits + further)


def of_what(metric: MetricFacts) -> str:
    """The words behind the value of a time that say which time it is: ` of CPU time`; empty for other metrics."""
    kind = _kind(metric)
    return f" of {kind.noun}" if kind.is_time else ""


def in_units(facts: ObjectiveFacts, evaluation: Evaluation) -> str:
    """A measurement in the user's own units: the mean of the metric, or `-` if it was not measured. Of scores it is the
    utility."""
    measured = facts.metric.of(evaluation)
    return "-" if measured is None else valued(facts.metric, measured)


def unit_of(facts: ObjectiveFacts) -> str:
    """The name of the number that `in_units` gives."""
    return escape(facts.metric.name, 40)


def shown_scores(facts: ObjectiveFacts, scores: Mapping[str, tuple[float, float]]) -> list[tuple[str, str, str]]:
    """Name, original and improved program of each score that is only shown, with units."""
    of = {name: MetricFacts(name, "max", reader) for name, reader in facts.report_only.items()}
    return [(name, valued(of[name], before), valued(of[name], after)) for name, (before, after) in scores.items()]


def values(gain: Gain) -> str:
    """Both values, with as many digits as tell them apart: `from 119 ms to 0.85 ms of CPU time`."""
    for further in range(_MOST_FURTHER):
        before, after = (valued(gain.metric, value, further) for value in (gain.before, gain.after))
        if before != after or gain.before == gain.after:
            break
    return f"from {before} to {after}{of_what(gain.metric)}"


def size(gain: Gain, before: str = "") -> str:
    """The size of the change: `12% faster (8 to 15%)`, `3.1x as fast (…)`, `takes 30% longer (…)`, `0.51 higher score (…)`.
    `before`: what stands before the interval, such as `95% interval`."""
    return _with_interval(gain, _name(gain), before and f"{before} ")


def amount(gain: Gain) -> str:
    """The size of the change without its interval: `12% faster`."""
    return _size(gain, _name(gain))[0]


def less(gain: Gain, what: str = "CPU time") -> str:
    """The change of a time as what a program takes: `takes 2.9x less CPU time (2.7x to 3.1x)`, `takes 12% less CPU time (8 to
    15%)`, `takes 1.9x as long (1.8x to 2x)`."""
    is_slower = gain.change.mean < 0
    change = turned(gain.change) if is_slower else gain.change
    if change.mean >= math.log(2):
        words, ends = "as long" if is_slower else f"less {what}", _ends(change, math.exp, "x", digits=2)
        told = f"takes {plain(math.exp(change.mean), 2)}x {words}"
    else:
        sign, places = 1 if is_slower else -1, _places(change.mean)

        def percent(log: float) -> float:
            return sign * 100 * math.expm1(sign * log)

        ends = _ends(change, percent, "%", places=places)
        told = f"takes {percent(change.mean):.{places}f}% {'longer' if is_slower else f'less {what}'}"
    return f"{told} ({ends})" if ends else told


def compared(gain: Gain) -> str:
    """The size of the change without its interval."""
    name, size_words = _name(gain), _size(gain, _name(gain))[0]
    if not gain.change.mean:
        return f"{name} unchanged"
    return size_words if _kind(gain.metric).noun or name in size_words else f"{name} {size_words}"


def worded(facts: ObjectiveFacts) -> Callable[[Evaluated], str]:
    """A function that puts the training score of a candidate into words: `12% faster (from 1 s to 0.89 s)`."""

    def described(event: Evaluated) -> str:
        if event.metrics and event.metrics == event.original_metrics:  # the original itself
            return in_units(facts, event)
        one = gain(facts.metric, event.metrics, event.original_metrics, chosen=False)
        if one is not None and one.after != one.before:
            return f"{compared(one)} ({values(one)})"
        return in_units(facts, event) if one is None else f"{unit_of(facts)} {in_units(facts, event)}"

    return described


def _with_interval(gain: Gain, name: str, before: str) -> str:
    size_words, interval = _size(gain, name)
    return f"{size_words} ({before}{interval})" if interval else size_words


def _size(gain: Gain, name: str) -> tuple[str, str]:
    """The size of the change and its interval, such as `12% higher score` and `8 to 15%`; no interval: an empty text."""
    metric, kind = gain.metric, _kind(gain.metric)
    is_time = gain.scale == "ratio" and kind.is_time
    is_slower = is_time and gain.change.mean < 0
    # The ratio of shorter times is one of speeds; of everything else it is how much more or less there is.
    change = turned(gain.change) if metric.goal == "min" and (is_slower or not is_time) else gain.change
    is_more = change.mean >= 0
    if kind.unit == "%":
        tests_words = (
            f"all {kind.noun} pass" if gain.after == 1 else f"{'more' if is_more else 'fewer'} {kind.noun} pass"
        )
        return tests_words, _ends(change, lambda x: 100 * x, " points", digits=2)
    more, less = f"higher {name}", f"lower {name}"
    if gain.scale == "difference":
        return f"{plain(abs(change.mean))} {more if is_more else less}".rstrip(), _ends(change, float, digits=3)
    if change.mean >= math.log(2) and (is_time or metric.goal == "max"):
        what = f"as {'slow' if is_slower else 'fast'}" if is_time else f"the {name}" if name else "as much"
        return f"{plain(math.exp(change.mean), 2)}x {what}", _ends(change, math.exp, "x", digits=2)
    if kind.noun:
        more, less = (
            ("longer" if is_slower else "faster", "") if is_time else (f"more {kind.noun}", f"less {kind.noun}")
        )
    places = _places(change.mean)
    percentage = f"{100 * abs(math.expm1(change.mean)):.{places}f}"
    amount = f"{percentage}%" if float(percentage) else "less than 0.1%"
    if not is_more and float(percentage) == 100:  # only 0 is 100% less
        amount = f"more than 99.{'9' * places}%"
    ends = _ends(change, lambda x: 100 * math.expm1(x), "%", places=places)
    return f"{'takes ' if is_slower else ''}{amount} {more if is_more else less}".rstrip(), ends


def _places(log: float) -> int:
    """Decimals of a percentage: one for small ones, and as many as distinguish 99.6% less from all of it."""
    left = math.exp(log)
    if left < 0.1:
        return min(-math.floor(math.log10(left)) - 1, 6)
    return 0 if abs(math.expm1(log)) >= 0.0995 else 1


def _ends(
    change: Estimate, scaled: Callable[[float], float], unit: str = "", *, places: int = 0, digits: int = 0
) -> str:
    """The interval of a change; empty if it has none. For a decrease the ends say how much less there is. The unit `x` stands
    behind both ends, any other unit behind the interval."""
    if change.interval is None or no_width(change.interval):
        return ""
    low, high = (scaled(end) for end in change.interval)
    ends = (low, high) if change.mean >= 0 else (-high, -low)
    per_end, behind = (unit, "") if unit == "x" else ("", unit)
    return between(ends, places=places, digits=digits, unit=per_end) + behind


def _kind(metric: MetricFacts) -> ScoreKind:
    """The kind of a score. A printed score has a kind without words and unit."""
    return KINDS.get(metric.reader, _PRINTED)


def _name(gain: Gain) -> str:
    return escape(gain.metric.name, 40)
