"""`strop.improve_me`: mark a function for improvement, as its decorator or in a file of its own.

The function itself does not change: a decorator's mark is one attribute; a mark in another file is a function of that file.
What a mark says is read in a jail, where `function/guest/strop.py` stands for this package.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, Literal, TypeVar, cast

from strop.base.errors import ConfigurationError

F = TypeVar("F", bound=Callable[..., Any])

MARK = "__strop_improve_me__"
"""The attribute of a marked function: the module that marks it, empty if it is its own."""


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
    """Mark a function of yours as a target of `strop improve`.

    Write the mark into a file of its own: `target = strop.improve_me(…)(package.module.function)`. Or write it as the function's
    decorator. Give either `sample` or `cases`.

    Args:
        score: what makes an answer good. `"time"` is the CPU time of the calls, at equal answers. Else a function that returns a
            number in [0, 1], where higher is better: `score(instance, answer)` as in `strop.Task` if its first parameter is
            called `instance`, otherwise `score(answer, …)` with the arguments by name.
        sample: draws the arguments of one call, as a dict by name. Its parameter is a NumPy generator, or a `random.Random` if it
            is called `random`. It returns `(arguments, hidden)` if the scorer must know more.
        cases: the arguments of the calls, by position (tuples) or by name (dicts), at least 2. Every second one is held out.
        reference: whether answers must also equal those of the original function: the same types, and floats within a relative
            1e-9.
        best_known: the best known score, or with `"time"` the CPU seconds of one call. It is shown beside the result.
        accept: with `"time"`, `accept(instance, answer)` says whether an answer is right. It returns a truth value, or raises
            `strop.Malformed("why")`. Without it, an answer must equal the original's.
        settings: `name`, `instances`, `test_instances`, `time_limit`, `memory_limit`, `score_limit`, `failure`,
            `description`, `answer`, `fixed_input` and `isolate`, as in `strop.Task`. With `"time"`, `isolate="instance"`
            measures the first call of a process, and without it later calls are measured: they differ where a function keeps
            something. `close` is the relative tolerance of floats in answers that must equal the original's. Without it, it is
            1e-9, and for an array of 32-bit floats 1e-5 of its largest number.

    Returns:
        A decorator. It returns the function itself, or for a function of another module one that calls it.
    """
    here = sys._getframe(1).f_globals.get("__name__", "")

    def mark(function: F) -> F:
        marking_module = "" if getattr(function, "__module__", here) == here else here
        marked = _calling(function) if marking_module else function
        own = getattr(marked, "__func__", marked)  # of a static or class method, bound or not
        if not hasattr(own, "__dict__"):
            raise ConfigurationError(f"{own} is no function of a file, which alone takes a mark")
        setattr(own, MARK, marking_module)
        return marked

    return mark


def _calling(function: F) -> F:
    @wraps(function)
    def called(*positional: Any, **named: Any) -> Any:
        return function(*positional, **named)

    return cast(F, called)
