"""What stands where the program was: functions whose calls are requests to the program, which runs in a process of its own.

The file that lies there (`spec.stub_of`) makes a `Stub`, in whichever process of the evaluator executes it, however it does so.
Each connection has a process of the program. Stand-alone, under Python 3.9 or newer.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import inspect
import itertools
import os
import socket
import struct
from collections.abc import Callable
from typing import Any

import strop_plain_data as plain_data

ADDRESS = "\0strop-program"
"""Address of the socket of the host, in the abstract namespace of the evaluator's own network."""
_LENGTH = struct.Struct("<I")
_numbers = itertools.count()
_idle: list[socket.socket] = []
"""Connections that nobody uses: a connection answers one thread at a time."""


class ProgramEnded(RuntimeError):
    """The program's process has ended, or sent an invalid answer."""


class Stub:
    """One execution of the program: what a module is. It decorates the functions of the file that stands for the program."""

    def __init__(self, name: str, others: tuple[str, ...], classes: tuple[str, ...]) -> None:
        """Execute the program as the module `name`. `others` are the names that the original binds to something else than a
        function or one of its `classes`.

        Raises:
            SystemExit: it is run as a script.
            Exception: of the program, or ProgramEnded.
        """
        self._number, self._name, self._others, self._classes = next(_numbers), name, others, classes
        if name == "__main__":
            self._refuse("it runs the program as a script")
            raise SystemExit("the program runs in a process of its own, and this is no script")
        _ask("load", self._number, name)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function that calls the program's function of this name."""
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def awaited(*arguments: Any, **named: Any) -> Any:
                return self._call(function.__name__, arguments, named)

            return awaited

        @functools.wraps(function)
        def called(*arguments: Any, **named: Any) -> Any:
            return self._call(function.__name__, arguments, named)

        return called

    def missing(self, name: str) -> Any:
        """The `__getattr__` of the module: reports a name that cannot be used from outside, and raises AttributeError."""
        if name in self._classes:
            self._refuse(f"it uses the class {name} of the program, of which only functions can be called from outside")
        if name in self._others:
            self._refuse(
                f"it uses {name} of the program, which its text does not show to be a function; if it is one, name it in `calls`"
            )
        raise AttributeError(f"the program has no function {name}, which the evaluator calls")

    def _call(self, function: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        try:
            return _ask("call", self._number, self._name, function, arguments, named)
        except plain_data.NotPlain as error:
            self._refuse(f"it passes {error} to {function}()")
            raise TypeError(f"{error} cannot be passed to {function}(), which runs in a process of its own") from None

    def _refuse(self, why: str) -> None:
        _ask("refuse", why)


def _ask(*question: Any) -> Any:
    """The program's answer to a question. Raises what the program raised, and NotPlain for a question that is no plain data.

    An interruption, such as an evaluator's time-out, ends the connection, and with it the program's process.
    """
    data = plain_data.encode(question)
    connection = _idle.pop() if _idle else _connected()
    try:
        connection.sendall(_LENGTH.pack(len(data)) + data)
        (size,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
        kind, *items = plain_data.decode(_exactly(connection, size))
    except OSError:
        connection.close()
        raise ProgramEnded("the program's process has ended") from None
    except BaseException:
        connection.close()
        raise
    _idle.append(connection)
    if kind == "raised":
        raise _exception_of(*items)
    if kind in _REFUSED:
        raise _REFUSED[kind](items[0])
    return items[0]


_REFUSED: dict[str, Any] = {"ended": ProgramEnded, "value": ValueError, "type": TypeError}


def _connected() -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(ADDRESS)
    except OSError as error:
        connection.close()
        raise ProgramEnded(f"the program cannot be reached: {error}") from None
    return connection


def _forget() -> None:
    while _idle:
        _idle.pop().close()


os.register_at_fork(after_in_child=_forget)


def _exactly(connection: socket.socket, size: int) -> bytes:
    chunks = []
    while size:
        chunk = connection.recv(min(size, 1 << 20))
        if not chunk:
            raise OSError
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)


def _exception_of(name: Any, names: Any, arguments: Any, message: Any, trace_text: Any) -> BaseException:
    """An exception of the program: of the same built-in type, else a RuntimeError that names it."""
    kind = next(
        (builtin_type for type_name in names if (builtin_type := getattr(builtins, str(type_name), None)) is not None),
        None,
    )
    if not (isinstance(kind, type) and issubclass(kind, BaseException)) or kind in (Exception, BaseException):
        kind = RuntimeError
    if not issubclass(kind, (Exception, SystemExit)) or issubclass(kind, (StopIteration, StopAsyncIteration)):
        kind = RuntimeError  # these two would end a loop of the evaluator's as if there were nothing more
    is_own = kind.__name__ == name
    error: BaseException = RuntimeError(f"{name}: {message}")
    with contextlib.suppress(Exception):
        values = arguments if is_own and type(arguments) is tuple else (f"{'' if is_own else f'{name}: '}{message}",)
        error = kind(*values)
    error.__cause__ = RuntimeError(f"in the program's process:\n{trace_text}") if trace_text else None
    return error
