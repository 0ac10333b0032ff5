"""Laws of the verdict, as functions of plain values: nothing here knows a form of target, a room or a task."""

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
"""If the first call of a process takes this many times as long as later ones, the function keeps something between calls."""
WARMING = 0.0005
"""CPU seconds by which the first call of any function may take longer than later ones."""
LEAST = least_pairs()
"""The fewest measurements that may show a difference."""
SAME = 3
"""Equal measurements of both programs that suffice where the target chooses its inputs itself."""
SURELY = 2.0
"""How many standard errors a mean difference must exceed before it counts against a program."""
COPIES = 10
"""Into how many fresh pairs of copies, of the candidate and of the original, times for a verdict are divided at most."""


def copy_of(index: int, count: int) -> int:
    """The pair of copies in which measurement `index` of `count` is made. Copies take turns of their own, one after another."""
    return index * min(COPIES, count) // count


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


def wrong_answer(events: Iterable[Mapping[str, str]], *, may_fail: bool) -> str:
    """What is wrong with a program's answers to the calls of its evaluator; empty if nothing is.

    Every call must return an answer in the form of the original's.

    Args:
        events: `malformed` or `failed` and why, in the order of the calls.
        may_fail: whether calls may fail, as those of the original do.
    """
    names = ("malformed",) if may_fail else ("malformed", "failed")
    return next((event[name] for event in events for name in names if name in event), "")


def moved(original: Sequence[float], program: Sequence[float]) -> float:
    """Mean seconds by which a program works longer than the original outside of its calls; 0 if the difference may be noise.

    The program could have moved so much work there. Both arguments are seconds in each process, in the same order.
    """
    longer = differences(program, original)
    return mean(longer) if mean(longer) > SURELY * (stderr(longer) or 0.0) else 0.0
