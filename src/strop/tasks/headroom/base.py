"""What the headroom tasks share: their limits, their description and how an answer that costs more than a bound is scored.

Score and bound are explained in docs/design/0079-headroom-tasks.md.
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
        words: what the entry point gets and returns, for the description.
        functions: `sample`, the helpers of the two, and `score`: their sources stand in the description, in this order.
    """
    rules = (
        f"The utility is the mean of `score` over {TRAIN} instances, in [0, 1], higher is better. `sample` draws each instance"
        f" from a secret seed.\nAn instance on which `{entry}` raises, runs out of its {SECONDS:g} s of CPU or gives a"
        " malformed answer scores 0. The score counts the answer alone,\nso it pays to search for most of the time:"
        " `time.process_time` tells how much is used."
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
