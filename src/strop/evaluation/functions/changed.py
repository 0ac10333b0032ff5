"""How a faster program behaves in changed calls: held-out calls with one place of their arguments changed.

The result is a note beside the verdict. Changing a call opens a pickle, so the scorer's process does it. Then the original and
the program make the changed calls. A call counts if the original does the same in two runs, which differ in the order of the
calls and of sets.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from operator import itemgetter
from typing import Any

from strop.base.errors import Malformed, ScorerFailed
from strop.base.results import ChangedCalls
from strop.evaluation.functions.reproduced import Seconds, outcomes
from strop.evaluation.functions.scorer import programs_of, workspaces
from strop.sandbox.strop_plain_data import OPAQUE
from strop.tasks.function.calls import RecordedCall
from strop.tasks.function.task import FunctionTask
from strop.tasks.score_limit import ended
from strop.tasks.values import difference

MOST_CALLS, OF_ONE = 60, 5
"""How many held-out calls are changed, and how often each."""
MOST_SECONDS = 20.0
"""CPU seconds of all changed calls."""
ENDED = "ended early: its time was spent"
_TO_CHANGE, _TO_ASK = 0.1, 2.0
"""CPU seconds after which the scorer makes no further change of a call, and after which the host waits no longer for it."""
_MOST_FAILURES = 3
"""How many calls that cannot be changed end the search for further ones."""
_AT_ONCE = 16
_SHORT = 40
"""Characters of a value that is shown whole."""


def compare_changed(task: FunctionTask, candidate: str, seed: int) -> ChangedCalls:
    """How many changed calls were compared, and in how many the candidate behaves otherwise than the original.

    `seed` draws the calls and the changes.

    Raises:
        TaskError: the target's module has changed, or cannot be loaded any more.
        SandboxError: the host failed.
    """
    chance = random.Random(seed)
    left, compared, differ = Seconds(MOST_SECONDS), 0, list[tuple[bool, bool, str]]()
    if not (calls := _changed(task, chance, left)):
        return ChangedCalls(0, 0, detail="no argument can be changed")
    chance.shuffle(calls)
    with ExitStack() as rooms:
        first, again = (
            rooms.enter_context(closing(programs_of(task, workspaces(), hash_seed))) for hash_seed in (0, 1)
        )
        for begin in range(0, len(calls), _AT_ONCE):
            if left.are_over:
                break
            group, changes = zip(*calls[begin : begin + _AT_ONCE], strict=True)
            was = _answered(outcomes(task, task.seed, group, range(len(group)), first, left))
            also = _answered(outcomes(task, task.seed, group, list(was)[::-1], again, left))
            same = [number for number in was if number in also and not _differs(task, was[number], also[number])]
            for number, now in outcomes(task, candidate, group, same, first, left):
                compared += 1
                if _differs(task, was[number], now):
                    is_small, how = _in_words(was[number], now, task.mark.close)
                    differ.append((changes[number].endswith("=None"), is_small, f"{changes[number]} {how}"))
    return ChangedCalls(compared, len(differ), _first(differ), ENDED if left.are_over else "")


def _first(differ: Sequence[tuple[bool, bool, str]]) -> str:
    """The first difference that is of no None in place of an argument, and of them the first between kinds of outcome."""
    *_, text = min(differ, key=itemgetter(0, 1), default=("",))
    return "".join(character if character.isprintable() else " " for character in text)[:300]


def _changed(task: FunctionTask, chance: random.Random, left: Seconds) -> list[tuple[RecordedCall, str]]:
    """Changed calls, each with the change in words. At least one call is changed, however little time is left."""
    assert task.recorded is not None
    held_out = {case[OPAQUE] for case in task.cases_of("test")}
    calls = [call for call in task.recorded.calls if call.arguments in held_out]
    changed_calls, failures = list[tuple[RecordedCall, str]](), 0
    for call in chance.sample(calls, min(MOST_CALLS, len(calls))):
        try:
            arguments = call.arguments, chance.getrandbits(32), OF_ONE, _TO_CHANGE
            _, made, *_ = task.scorer.ask("changed", *arguments, seconds=_TO_ASK)
            changed_calls += [
                (replace(call, arguments=bytes(data), outcome=b""), str(change)[:120]) for data, change in made
            ]
        except ScorerFailed:
            failures += 1
        if failures == _MOST_FAILURES or left.are_over:
            break
    return changed_calls


def _answered(results: Iterator[tuple[int, Any]]) -> dict[int, Any]:
    """Number → outcome of the calls that were made and described."""
    return {number: outcome for number, outcome in results if not isinstance(outcome, str)}


def _differs(task: FunctionTask, one: Any, other: Any) -> bool:
    if isinstance(other, str):
        return True
    try:
        return bool(ended(task.score_limit, "comparing", difference, list(one), list(other), task.mark.close))
    except (Malformed, ScorerFailed):
        return True


def _in_words(was: Any, now: Any, close: float | None) -> tuple[bool, str]:
    """Whether the difference of two outcomes is a small one, and the difference in words: `raises IndexError (was: returns str)`.

    Different kinds of outcome are a large difference; different values of one kind are a small one.
    """
    try:
        for is_long in (False, True):
            before, after = _does(was, is_long), _does(now, is_long)
            if before != after:
                return is_long, f"{after} (was: {before})"
        if was[0] == "an exception":
            return True, f"{_does(now, False)} with another message"
        return True, difference(was[1], now[1], close) or "leaves other arguments than the original"
    except (Malformed, LookupError, TypeError, AttributeError):  # a program may describe what it likes
        return True, "answers otherwise"


def _does(outcome: Any, is_long: bool) -> str:
    if isinstance(outcome, str):
        return outcome.replace("cannot be called:", "ends:")
    kind, answer, _ = outcome
    if kind == "an exception":
        name, args = answer[1].rpartition(".")[2], answer[2][1]
        return f"raises {name:.80}" + (f": {args[0]!a:.{_SHORT}}" if is_long and args else "")
    if kind in ("", "an object"):
        text = ascii(answer) if is_long and not kind else ""
        return f"returns {text if 0 < len(text) <= _SHORT else _type(kind, answer)}"
    return f"returns {kind} of {len(answer)}" if is_long else f"returns {kind}"


def _type(kind: str, answer: Any) -> str:
    """The name of an answer's type. For a described object it is the name in its description."""
    if not kind or type(answer) is not list:
        return "None" if answer is None else type(answer).__name__
    name = answer[1] if answer[0] in ("object", "enum") else answer[0]
    return f"{name.rpartition('.')[2]:.80}"
