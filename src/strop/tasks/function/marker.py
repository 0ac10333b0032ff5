"""`@strop.improve_me`: mark a function of a module for improvement.

The function itself does not change: the mark is one attribute, which only strop reads. `strop.tasks.function.task` makes a task
of it.
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
    """The arguments of `improve_me`, checked when strop makes a task from them."""

    score: Callable[..., float] | Literal["time"]
    sample: Callable[[Any], Any] | None
    cases: Sequence[tuple[Any, ...] | Mapping[str, Any]] | None
    reference: bool
    best_known: float | None
    accept: Callable[[Any, Any], object] | None
    settings: Mapping[str, Any]
    """The given fields of a `strop.Task`."""


def improve_me(
    *,
    score: Callable[..., float] | Literal["time"],
    sample: Callable[[Any], Any] | None = None,
    cases: Sequence[tuple[Any, ...] | Mapping[str, Any]] | None = None,
    reference: bool = False,
    best_known: float | None = None,
    accept: Callable[[Any, Any], object] | None = None,
    **settings: Any,
) -> Callable[[F], F]:
    """Mark a function for `strop improve module.py:function` (docs/targets.md).

    Give either `sample` or `cases`.

    Args:
        score: `score(instance, answer)` as in `strop.Task` if the first parameter is called `instance`, otherwise
            `score(answer, …)` with the arguments by name. In [0, 1], higher is better; runs in the host. Or `"time"`: CPU
            time relative to the original's, at equal answers.
        sample: draws the arguments by name from a numpy Generator, or `(arguments, hidden)` if the scorer must know more.
        cases: arguments by position (tuples) or by name (dicts), at least 2; every second one is held out.
        reference: answers must also equal those of the original function (of the same types; floats within a relative 1e-9).
        best_known: the best known score, or with `"time"` CPU seconds of one call; it is shown beside the result.
        accept: with `"time"`, `accept(instance, answer)` says whether an answer is right, in place of being equal to the
            original's: a truth value, or it raises `strop.Malformed("why")`. Runs in the host.
        settings: `name`, `instances`, `test_instances`, `time_limit`, `memory_limit`, `score_limit`, `failure`,
            `description`, `answer` and `fixed_input`, as in `strop.Task`.

    Returns:
        A decorator that returns the function itself.
    """
    marked = Marked(score, sample, cases, reference, best_known, accept, settings)

    def mark(function: F) -> F:
        setattr(function, MARK, marked)
        return function

    return mark
