"""Laws of the verdict, as functions of plain values: nothing here knows a form of target, a room or a task."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from strop.analysis.stats import Estimate, between_subsets, least_pairs
from strop.base.errors import Malformed, ScorerFailed, TaskError
from strop.base.failures import gist
from strop.base.later import np
from strop.base.syntax import parsed

ONE_ANSWER = (
    "the original gives one and the same answer to all inputs, so that a program that remembers it would cost nothing"
)
"""Why a lower cost is held back."""

KEEPS = 2.0
"""If the first call of a process takes this many times as long as later ones, the function keeps something between calls."""
WARMING = 0.0005
"""CPU seconds by which the first call of any function may take longer than later ones."""
LEAST = least_pairs()
"""The fewest measurements that may show a difference."""
SAME = 3
"""Equal measurements of both programs that suffice where the target chooses its inputs itself."""

VARIED = 1.15
"""It is said if the largest of the original's times, or peaks of memory, on the same instances is so many times the least; and if
those of a candidate vary so many times as much as the original's."""


def keeps_something(first: float, later: float) -> bool:
    """Whether a function keeps something between calls, by the seconds of the first call of a process and of later ones."""
    return first >= KEEPS * later > 0 and first - later > WARMING


def holds_back_cost(answers: Collection[str], *, is_cost: bool, is_wanted: bool) -> bool:
    """Whether a lower cost shows nothing, because the original gave one and the same answer each time.

    Args:
        answers: digests of the original's answers, empty where it gave none.
        is_cost: whether time or memory decides, which the kernel counts. Other values are never held back.
        is_wanted: whether the user wants one answer for all inputs.
    """
    return is_cost and not is_wanted and len({*answers}) == 1


def check_repeats(is_empty: Iterable[bool], differences: Iterable[str], nothing: str, varying: str) -> None:
    """Raise TaskError unless other answers can be compared with the original's.

    Args:
        is_empty: whether each of the original's answers is empty.
        differences: how each answer differs when the original runs again with the same input and seed; empty if it does not.
        nothing: the message if all answers are empty.
        varying: the message if an answer differs.
    """
    if all(is_empty):
        raise TaskError(nothing)
    differs = next(filter(None, differences), "")
    if differs:
        raise TaskError(f"{varying} ({gist(differs)})")


def leaves_out(*, is_final: bool, fails: bool, scorer_failed: bool = False) -> bool:
    """Whether an instance is left out, because the original `fails` on it, and nothing can be compared with it.

    Only a verdict leaves instances out. In training such a failure breaks the task. A scorer that fails on the original's answer
    always breaks the task.
    """
    return is_final and fails and not scorer_failed


def check_scorer(ask_original: Callable[[], object], scorer: str = "the scorer") -> None:
    """Raise ScorerFailed if a scorer that failed on a program's answer also fails on the original's.

    `ask_original` asks the scorer about the original's answer, and raises TaskError if the scorer fails on it. If this returns,
    the program's answer is at fault.
    """
    try:
        ask_original()
    except TaskError as error:
        message = f"{scorer} fails, and on the original's answers, too, so that nobody has a score: {error}"
        raise ScorerFailed(message) from error


def check_names(program: Iterable[str], original: Iterable[str]) -> None:
    """Raise Malformed if the texts of a program name a module of the guest that runs it, and those of the original do not.

    A program shares a process with the guest's modules, which report what it does, and could replace their functions.
    """
    for name in sorted(_names_of_guest(*program) - _names_of_guest(*original)):
        raise Malformed(f"the program names {name[:60]}: names with {_OF_GUEST} are those of the guest that runs it")


_OF_GUEST = "strop_"
"""How the modules of a guest begin."""


@lru_cache(maxsize=4)  # each evaluation reads the original's
def _names_of_guest(*texts: str) -> frozenset[str]:
    """Imports, names, attributes and strings in which a name of the guest is."""
    found = set[str]()
    for text in texts:
        tree = parsed(text)
        nodes = () if tree is None else ast.walk(tree)
        fields = [str(value) for node in nodes for value in vars(node).values() if isinstance(value, (str, bytes))]
        for field in [text] if tree is None else fields:
            found.update(re.findall(rf"\w*{_OF_GUEST}\w*", field))
    return frozenset(found)


def wrong_answer(events: Iterable[Mapping[str, str]], *, may_fail: bool) -> str:
    """What is wrong with a program's answers to the calls of its evaluator; empty if nothing is.

    Every call must return an answer in the form of the original's.

    Args:
        events: `malformed` or `failed` and why, in the order of the calls.
        may_fail: whether calls may fail, as those of the original do.
    """
    names = ("malformed",) if may_fail else ("malformed", "failed")
    return next((event[name] for event in events for name in names if name in event), "")


class BatchTimes(NamedTuple):
    """CPU seconds of the batches of an original and of a program. Every column has one value for each batch."""

    original: Sequence[float]
    """Of the original's calls, without what a message takes that makes no call."""
    program: Sequence[float]
    """Of the program's calls, in the same way."""
    beside: Sequence[Sequence[float]] = ()
    """For each part of a process beside the calls: the program's seconds minus the original's."""
    alone: tuple[Sequence[float], Sequence[float]] | None = None
    """Of a call that is made alone: the original's and the program's. A value may be negative, because a message without a call
    is subtracted."""


def log_speedup(times: BatchTimes, *, confidence: float) -> Estimate:
    """The log of how many times as fast the program is, with its interval over the batches; none for too few batches.

    Every second of a process is loading, calls, or beside them, so a program can move work but cannot hide it. Of a set of
    batches, O and N are the seconds of the original's and the program's calls, and D those of a part beside them, the program's
    minus the original's. The cautious end is that of O / (N + sum of max(D, 0)): less in one part does not pay for more in
    another. The other end is that of O / max(N + sum of D, N / 2). A caller makes one call at a time: where calls alone have a
    lower end, it is the cautious one. The estimate is the ratio of all batches, moved into the interval; a part beside the calls
    counts in it where its D is surely above zero, because what lies beside a few short calls varies more than they take.
    """
    calls, beside = [*map(np.array, (times.original, times.program))], [*map(np.array, times.beside)]

    def cautious(sums: Callable[[Any], Any]) -> Any:
        return _log_ratio(sums(calls[0]), sums(calls[1]) + sum(np.maximum(sums(part), 0.0) for part in beside))

    def other(sums: Callable[[Any], Any]) -> Any:
        program = sums(calls[1])
        return _log_ratio(sums(calls[0]), np.maximum(program + sum(map(sums, beside)), program / 2))

    n, counted = len(times.original), [part for part in beside if _is_above(part, confidence)]
    whole = float(_log_ratio(calls[0].sum(), calls[1].sum() + sum(max(part.sum(), 0.0) for part in counted)))
    interval = between_subsets(n, confidence, cautious, other)
    if interval is None:
        return Estimate(whole, None, n)
    low, high = interval
    if times.alone is not None:
        before, after = map(np.array, times.alone)
        single = between_subsets(n, confidence, lambda sums: _log_ratio(sums(before), sums(after)))
        low = min(low, single[0] if single is not None else low)
    return Estimate(min(max(whole, low), high), None, n, (low, high))


def _is_above(part: Any, confidence: float) -> bool:
    """Whether the sum of a part is surely above zero, or nobody can tell, because there are too few batches."""
    interval = between_subsets(len(part), confidence, lambda sums: sums(part))
    return interval is None or interval[0] > 0.0


def _log_ratio(before: Any, after: Any) -> Any:
    """The log of before / after. It is infinite if only `after` is not positive, and minus infinite if `before` is not."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(before <= 0, -np.inf, np.where(after <= 0, np.inf, np.log(before / after)))
