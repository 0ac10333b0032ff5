"""`@strop.improve_me`: mark a function of a module as something to be improved.

The function stays the one that was written: the mark is one attribute, which nothing but strop looks at. What strop makes of it
is in strop.tasks.function.task.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

MARK = "__strop_improve_me__"
"""The attribute of a marked function."""


@dataclass(frozen=True)
class Marked:
    """What `improve_me` was told, as it was told; checked when strop makes a task of it."""

    score: Callable[..., float] | Literal["time"]
    sample: Callable[[Any], Any] | None
    cases: Sequence[tuple[Any, ...] | Mapping[str, Any]] | None
    reference: bool
    settings: Mapping[str, Any]
    """Fields of a `strop.Task` that were given."""


def improve_me(
    *,
    score: Callable[..., float] | Literal["time"],
    sample: Callable[[Any], Any] | None = None,
    cases: Sequence[tuple[Any, ...] | Mapping[str, Any]] | None = None,
    reference: bool = False,
    **settings: Any,
) -> Callable[[F], F]:
    """Mark a function: `strop improve module.py:function` makes a better one of it (docs/improve.md).

    Give `sample` or `cases`, not both.

    Args:
        score: `score(instance, answer)` as of a `strop.Task`, where the first parameter is called `instance`; else
            `score(answer, *arguments)`. In [0, 1], higher is better; runs in the host. Or `"time"`: CPU time relative to
            the original's, at equal answers.
        sample: draws the arguments by name from a numpy Generator; `(arguments, hidden)` where the scorer must know more.
        cases: arguments by position (tuples) or by name (dicts); every second one is held out. At least 2.
        reference: answers must also be equal to those of the function as it stands (numbers within a relative 1e-9).
        settings: `name`, `instances`, `test_instances`, `time_limit`, `memory_limit`, `failure`, `description` and
            `answer`, as of a `strop.Task`.

    Returns:
        A decorator that gives back the function itself.
    """
    marked = Marked(score, sample, cases, reference, settings)

    def mark(function: F) -> F:
        setattr(function, MARK, marked)
        return function

    return mark
