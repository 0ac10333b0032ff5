"""Calls of the program that fail: the exceptions that the evaluator gets. Stand-alone (see `__init__`)."""

from __future__ import annotations

import builtins
from typing import Any


class ProgramEnded(RuntimeError):
    """The program's process has ended, or sent an invalid answer."""


def exception_of(answer: tuple[Any, ...]) -> BaseException:
    """An exception of the program: of the same built-in type, else a RuntimeError that names it."""
    if len(answer) != 6 or answer[0] != "raised":
        return ProgramEnded("the program's process sent an invalid answer")
    name, names, arguments, words, shown = (each for each in answer[1:])
    kind = next((found for each in names if (found := getattr(builtins, str(each), None)) is not None), None)
    if not (isinstance(kind, type) and issubclass(kind, BaseException)) or kind in (Exception, BaseException):
        kind = RuntimeError
    if not issubclass(kind, (Exception, SystemExit)) or issubclass(kind, (StopIteration, StopAsyncIteration)):
        kind = RuntimeError  # these two would end a loop of the evaluator's as if there were nothing more
    is_own = kind.__name__ == name
    error: BaseException
    try:
        error = (
            kind(*arguments) if is_own and type(arguments) is tuple else kind(f"{'' if is_own else f'{name}: '}{words}")
        )
    except Exception:
        error = RuntimeError(f"{name}: {words}")
    error.__cause__ = RuntimeError(f"in the program's process:\n{shown}") if shown else None
    return error
