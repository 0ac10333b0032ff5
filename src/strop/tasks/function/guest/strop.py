"""What `import strop` gives a marked function's module in its jail, where strop itself is not installed.

It has what marks and scorers use. Stand-alone, under Python 3.9 or newer.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any, NoReturn

MARK = "__strop_improve_me__"
notes: list[str] = []
"""What `note` got since this was emptied last."""
_RUN = ("improve", "compare", "measure", "verdict", "train", "evaluate", "check", "score", "load")
"""Functions of strop that run it."""


class Malformed(ValueError):
    """Raised by a scorer if an answer has the wrong type, shape, length or values."""


class Instance:
    """One problem: the arguments of the function by name, and what only the scorer knows."""

    def __init__(self, inputs: dict[str, Any], hidden: Any = None) -> None:
        self.inputs, self.hidden = inputs, hidden

    def __getitem__(self, name: str) -> Any:
        return self.inputs[name]


class Answer:
    """The form of an answer, as it is declared; strop checks answers by it."""

    def __init__(self, of: Any, **fields: Any) -> None:
        self.of, self.fields = of, fields


class Marked:
    """The arguments of `improve_me`."""

    def __init__(self, settings: dict[str, Any], marking_module: str) -> None:
        self.settings, self.marking_module = settings, marking_module


def note(text: object) -> None:
    """Tell improvers something that a score cannot."""
    notes.append(text if isinstance(text, str) else str(text))


def improve_me(**settings: Any) -> Callable[[Any], Any]:
    """Mark a function, of this module or of another one."""
    here = sys._getframe(1).f_globals.get("__name__", "")

    def mark(function: Any) -> Any:
        marking_module = "" if getattr(function, "__module__", here) == here else here
        marked = _calling(function) if marking_module else function
        own = getattr(marked, "__func__", marked)  # of a static or class method, bound or not
        if not hasattr(own, "__dict__") or (hasattr(own, MARK) and not marking_module):
            why = "has a mark already" if hasattr(own, MARK) else "is no function of a file, which alone takes a mark"
            raise TypeError(f"{getattr(own, '__qualname__', own)} {why}")
        setattr(own, MARK, Marked(settings, marking_module))
        return marked

    return mark


def _calling(function: Any) -> Any:
    @functools.wraps(function)
    def called(*positional: Any, **named: Any) -> Any:
        return function(*positional, **named)

    return called


class _Absent(Exception):
    """Stands for a class of strop that has no meaning here."""

    def __init__(self, *positional: Any, **named: Any) -> None:
        super().__init__(*positional)


def __getattr__(name: str) -> Any:
    if name in _RUN:

        def run(*positional: Any, **named: Any) -> NoReturn:
            raise CalledWhileLoading(f"strop.{name}")

        return run
    if not name[:1].isupper():
        raise AttributeError(f"module 'strop' has no attribute {name!r} in the jail of a marked function")
    return type(name, (_Absent,), {})


class CalledWhileLoading(BaseException):
    """A file runs strop as it is loaded."""
