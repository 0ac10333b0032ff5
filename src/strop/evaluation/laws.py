"""Laws of the verdict, of values alone: nothing here knows a form of target, a room or a task."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from strop.analysis.stats import differences, least_pairs, mean, stderr
from strop.base.errors import ScorerFailed, TaskError
from strop.base.failures import gist

ONE_ANSWER = (
    "the original gives one and the same answer to all inputs, so that a program that remembers it would cost nothing"
)
"""Why a lower cost is held back."""

KEEPS = 2.0
"""How many times as much the first call of a process takes as later ones, if a function keeps something between calls."""
WARMING = 0.0005
"""Seconds by which the first call of any function may take longer."""
LEAST = least_pairs()
"""The fewest measurements that may show a difference."""
SAME = 3
"""Equal measurements of both programs that suffice where the target chooses its inputs itself."""
SURELY = 2.0
"""How many standard errors a mean difference has to be until it is held against a program."""
COPIES = 10
"""Into how many fresh pairs of copies, of the candidate and of the original, times for a verdict are divided at most."""


def copy_of(index: int, count: int) -> int:
    """The pair of copies in which measurement `index` of `count` is made. Copies take turns of their own, one after another."""
    return index * min(COPIES, count) // count


def keeps_something(first: float, later: float) -> bool:
    """Whether a function keeps something between calls, by the seconds of the first call of a process and of later ones."""
    return first >= KEEPS * later > 0 and first - later > WARMING


def holds_back_cost(answers: Collection[str], *, is_cost: bool, is_wanted: bool) -> bool:
    """Whether a lower cost shows nothing: the original gave one and the same answer each time.

    `answers`: digests of the original's answers, with empty ones where it gave none. `is_cost`: whether the kernel counts what
    decides, time or memory. A value is what was asked for. `is_wanted`: whether the user wants one answer for all inputs.
    """
    return is_cost and not is_wanted and len({*answers}) == 1


def check_repeats(is_empty: Iterable[bool], differences: Iterable[str], nothing: str, varying: str) -> None:
    """Check that the original's answers are some that others can be compared with.

    `differences`: how each of them differs when the original is run again with the same input and seed; empty where it does not.

    Raises:
        TaskError: all are empty (`nothing` says so), or one differs (`varying`).
    """
    if all(is_empty):
        raise TaskError(nothing)
    differs = next(filter(None, differences), "")
    if differs:
        raise TaskError(f"{varying} ({gist(differs)})")


def leaves_out(*, is_final: bool, fails: bool, scorer_failed: bool = False) -> bool:
    """Whether an instance is left out, because the original `fails` on it, so that there is nothing to compare with.

    Only a verdict leaves out: in training that breaks the task, and so does a scorer that fails on the original's answer.
    """
    return is_final and fails and not scorer_failed


def check_scorer(ask_original: Callable[[], object], scorer: str = "the scorer") -> None:
    """Say whose fault it is that a scorer failed on a program's answer: `ask_original` asks it about the original's, and raises
    TaskError if it fails on that. If it does not, the answer is at fault.

    Raises:
        ScorerFailed: it fails on both: that is nobody's fault, and nobody has a score.
    """
    try:
        ask_original()
    except TaskError as error:
        words = f"{scorer} fails, and on the original's answers, too, so that nobody has a score: {error}"
        raise ScorerFailed(words) from error


def wrong_answer(events: Iterable[Mapping[str, str]], *, may_fail: bool) -> str:
    """What is wrong with a program's answers to its evaluator's calls, empty if nothing is: every call must return an answer, in
    the form of the original's. `may_fail`: whether calls may fail, as those of the original do.

    `events`: what happened, in order: `malformed` or `failed`, and why.
    """
    names = ("malformed",) if may_fail else ("malformed", "failed")
    return next((event[name] for event in events for name in names if name in event), "")


def moved(original: Sequence[float], program: Sequence[float]) -> float:
    """Mean seconds by which a program works longer than the original where the time of its calls does not count, if it surely
    does: what it could have moved there. Both: seconds in each process, in the same order. Noise costs nothing."""
    longer = differences(program, original)
    return mean(longer) if mean(longer) > SURELY * (stderr(longer) or 0.0) else 0.0
