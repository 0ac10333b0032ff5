"""What the headroom tasks share: their limits and the rules in their description.

docs/design/0079-headroom-tasks.md explains bounds and scores.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from strop.tasks.answer import Answer
from strop.tasks.base import Task, described

TRAIN, TEST, SECONDS = 8, 16, 1.0
"""Instances of the two splits, and CPU seconds per instance."""


def headroom_task(
    name: str, entry: str, seed: str, words: str, functions: Sequence[Callable[..., Any]], answer: Answer
) -> Task:
    """A task with the suite's limits; a failing instance scores 0 alone.

    Args:
        words: the arguments and the answer of the entry point, for the description.
        functions: `sample`, helpers, `score`. The description shows their sources in this order.
    """
    rules = (
        f"The utility is the mean of `score` over {TRAIN} instances, in [0, 1]; higher is better. "
        f"`{functions[0].__name__}` draws each from a"
        f" secret seed.\nAn instance on which `{entry}` raises, needs more than {SECONDS:g} s of CPU or returns a malformed"
        " answer scores 0. Time does not count\nuntil then, so it pays to search: call `time.process_time` at the start and"
        " return before the time is used up."
    )
    return Task(
        name=name,
        sample=functions[0],
        score=functions[-1],
        seed=seed,
        entry=entry,
        instances=TRAIN,
        test_instances=TEST,
        time_limit=SECONDS,
        failure="instance",
        description=described(f"{words.strip()}\n\n{rules}", *functions),
        answer=answer,
    )
