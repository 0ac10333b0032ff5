"""The main loop of a guest's process: load a program, call its entry point, send the result, until the host hangs up.

Loaded by path in a forked child, or run as a script. Everything in this folder runs beside hostile code, so the host does not
trust it and checks every frame. Uses only the standard library, and numpy if it is installed.
"""

from __future__ import annotations

import contextlib
import io
import linecache
import operator
import os
import random
import sys
import traceback
import types
from typing import Any, NoReturn

import by_name
import calling
import channel
import frames
import user_module

if sys.version_info >= (3, 11):  # noqa: UP036 - improvers run in strop's own Python, guests of a tree in 3.9, too
    import handles
    import helpers  # noqa: F401  # imported before the jail closes, so that a program's own import costs nothing
    import language_model  # noqa: F401
    import telemetry

TRACEBACK_ENTRIES = 30
TRACEBACK_LENGTH = 4000
MESSAGE_LENGTH = 2000
_REHEARSALS = 12
"""Calls after which Python has specialised a function."""
_WARM = "{}def warm(x, y):\n    return [int({}), str(y)]\n"


def run(read_descriptor: int, write_descriptor: int) -> NoReturn:
    """Serve the host on these two pipes. Never returns: the process ends when the host closes its end."""
    link = channel.Channel(read_descriptor, write_descriptor)
    program = _Program("", "", "solution")
    # under names that no module of a user's has
    sys.modules.update(strop_by_name=by_name, strop_calling=calling, strop_user_module=user_module)
    while True:
        program = _served(link, program)


def _served(link: channel.Channel, program: _Program) -> _Program:
    """Carry out the next order; return the program of the next one."""
    (op, *rest), arguments = link.next_order()
    if op == "load":
        return _Program(*rest)
    if op != "call":  # the reply to a request that the program wrote by hand
        raise RuntimeError(f"no order: {op}")
    link.begin()
    frame = _frame_of(program, arguments, rest[0], link)
    _flush()
    link.answer(frame)
    return program


def rehearse(times: int = _REHEARSALS, *, with_numpy: bool = True) -> None:
    """Serve calls of a small program before the fork, so that Python has specialised the code, and made what it makes once."""
    text = _WARM.format(*(("import numpy as np\n\n\n", "np.asarray(x).sum()") if with_numpy else ("", "sum(x)")))
    load = frames.encode(["load", text, "warm", "solution", None])
    call = frames.encode(["call", 5], [[1, 2], [0.5, "x"]])
    for _ in range(times):
        (reading, to_guest), (from_guest, writing) = os.pipe(), os.pipe()
        os.write(to_guest, load + call + call)
        link, program = channel.Channel(reading, writing), _Program("", "", "solution")
        for _ in range(3):
            program = _served(link, program)
        for descriptor in (reading, to_guest, from_guest, writing):
            os.close(descriptor)
    sys.modules.pop("solution", None)
    linecache.cache.clear()


class _Program:
    """A program's text, executed at its first call so that the call's seed and limits apply to it, too."""

    def __init__(self, text: str, entry: str, role: str, user_module_of: dict[str, Any] | None = None) -> None:
        self.text, self.entry, self.role, self.user_module_of = text, entry, role, user_module_of
        self.file = f"<{role}>"
        self.module: types.ModuleType | None = None
        self._bound: tuple[Any, Any] = None, None

    def call(
        self, arguments: list[Any] | dict[str, Any], seed: int | None, link: channel.Channel
    ) -> tuple[object, str]:
        """The answer and its kind, as `calling.ended` has them."""
        if self.module is None:
            if self.role == "improver":
                telemetry.watch(link, self.file)
            _seed(seed)
            self.module = self._load()
        try:
            entry = operator.attrgetter(self.entry)(self.module)
        except AttributeError:
            raise NameError(f"the program does not define {self.entry}") from None
        named: dict[str, Any] = {}
        if isinstance(arguments, dict):
            if self._bound[0] is not entry:
                self._bound = entry, by_name.binding(entry)
            arguments, named = self._bound[1](calling.opened(arguments))
        elif self.role == "improver":
            arguments = handles.arguments(entry, arguments, link)
        _seed(seed)
        return calling.ended(entry(*arguments, **named))

    def _load(self) -> types.ModuleType:
        lines = [line + "\n" for line in self.text.split("\n")]  # as the compiler counts them
        linecache.cache[self.file] = (len(self.text), None, lines, self.file)
        if self.user_module_of is not None:
            return user_module.imported(self.text, self.file, **self.user_module_of)
        module = types.ModuleType(self.role)
        module.__file__ = self.file
        sys.modules[self.role] = module  # dataclasses and typing look a class's module up there
        if "\0" in self.text:  # a ValueError before Python 3.11.4
            raise SyntaxError("source code string cannot contain null bytes")
        exec(compile(self.text, self.file, "exec", dont_inherit=True), module.__dict__)
        return module


def _frame_of(program: _Program, arguments: Any, seed: int | None, link: channel.Channel) -> bytes:
    """The answer to a call, as a frame. SystemExit and KeyboardInterrupt count as exceptions of the program."""
    try:
        value, lazy = program.call(arguments, seed, link)
        message = ["lazy", lazy, value] if lazy else ["returned", value]
        return frames.encode(message, exact=program.role == "strop_harness")
    except MemoryError:
        pass
    except frames.plain_data.TooLarge as error:
        return frames.encode(["large", f"the answer has {error}"])
    except BaseException as error:
        try:
            return _raised(error, program.file)
        except MemoryError:
            pass
        except BaseException as second:
            return frames.encode(["raised", *_exception(type(second).__name__, "while showing an exception", "")])
    return frames.encode(["memory"])


def _raised(error: BaseException, file: str) -> bytes:
    """An exception as sent to the host: the last traceback entries, without the frames of this folder."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != file:
        trace = trace.tb_next
    lines = traceback.format_exception(type(error), error, trace, limit=-TRACEBACK_ENTRIES)
    try:
        message = str(error)
    except Exception as second:
        message = f"<str() failed: {type(second).__name__}>"
    return frames.encode(["raised", *_exception(type(error).__name__, message, "".join(lines))])


def _exception(name: str, message: str, trace: str) -> list[str]:
    return [_clean(name[:200]), _clean(message[:MESSAGE_LENGTH]), _clean(trace[-TRACEBACK_LENGTH:])]


def _clean(text: str) -> str:
    """`text` with lone surrogates shown as escapes: a frame cannot hold them."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _seed(seed: int | None) -> None:
    if seed is None:
        return
    random.seed(seed)
    numpy = sys.modules.get("numpy")  # a template has imported it; in a tree a program does
    if numpy is not None:
        numpy.random.seed([seed & 0xFFFFFFFF, seed >> 32])


class _Output(io.RawIOBase):
    """A standard stream that the host may stop reading; later writes are dropped without an error."""

    capture: io.BytesIO | None = None
    """The buffer that takes what is printed, in place of the host (`calling.listen`)."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def write(self, buffer: Any) -> int:
        data = memoryview(buffer).cast("B")
        if self.capture is not None:
            return self.capture.write(data)
        with contextlib.suppress(OSError):
            frames.write(self._descriptor, data)
        return len(data)


def open_output() -> None:
    """Make the standard streams; a template does so once for all guests."""
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        stream = io.TextIOWrapper(
            io.BufferedWriter(_Output(descriptor)), encoding="utf-8", errors="backslashreplace", line_buffering=True
        )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):  # a program may have put anything there
            stream.flush()


if __name__ == "__main__":
    open_output()
    run(3, 4)
