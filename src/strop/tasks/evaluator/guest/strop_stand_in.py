"""What lies where the program was: functions that send each call to the host, which has the program's guest answer it.

`fill` is called by the file that lies there (`parties.STAND_IN`), in whichever process of the evaluator executes it, however it
does so. Each process of the evaluator has a process of the program. Stand-alone, under Python 3.9 or newer.
"""

from __future__ import annotations

import builtins
import contextlib
import inspect
import os
import socket
import struct
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import strop_plain_data as plain_data

ADDRESS = "\0strop-program"
"""Of the socket of the host, in the abstract namespace of the evaluator's own network."""
_LENGTH = struct.Struct("<I")
_OURS = str(Path(__file__).parent)
_IMPORTS = ("<frozen importlib", "<frozen runpy", "<frozen zipimport")
_COPIES = ("shutil.py", "linecache.py", "tokenize.py", "traceback.py", "runpy.py", "pkgutil.py")


class ProgramEnded(RuntimeError):
    """The program's process has ended, or sent an invalid answer."""


class ProgramConnection:
    """One process of the program, which the host began for this process of the evaluator."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.numbers: dict[int, int] = {}
        """Executions of the program: by `ModuleRun`, the number of its module."""
        try:
            self.socket.connect(ADDRESS)
        except OSError as error:
            self.socket.close()
            raise ProgramEnded(f"the program cannot be reached: {error}") from None

    def ask(self, *question: Any) -> tuple[Any, ...]:
        """The answer to a question, unless it is an exception: raises that. Raises NotPlain for a question that is none.

        Whatever interrupts it ends the connection, and with it the program's process.
        """
        data = plain_data.encode(question)
        try:
            self.socket.sendall(_LENGTH.pack(len(data)) + data)
            (size,) = _LENGTH.unpack(self._exactly(_LENGTH.size))
            kind, *items = plain_data.decode(self._exactly(size))
        except OSError:
            self.socket.close()
            raise ProgramEnded("the program's process has ended") from None
        except BaseException:  # an evaluator's time-out
            self.socket.close()
            raise
        if kind == "raised":
            raise _exception_of(*items)
        if kind in _REFUSED:
            raise _REFUSED[kind](items[0])
        return tuple(items)

    def _exactly(self, size: int) -> bytes:
        chunks = []
        while size:
            chunk = self.socket.recv(min(size, 1 << 20))
            if not chunk:
                raise OSError
            chunks.append(chunk)
            size -= len(chunk)
        return b"".join(chunks)


class Connections:
    """The host, as this process of the evaluator sees it. Safe to use from many threads: each call has a connection alone."""

    def __init__(self) -> None:
        self._idle: list[ProgramConnection] = []
        self._told: set[str] = set()
        """What it has reported already, which is reported once."""
        self.filled: dict[int, dict[str, Any]] = {}
        """What was put into each namespace."""
        self.is_watched = False
        self.opened: set[str] = set()
        """Paths of the files that this process opened."""
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        idle, self._idle = self._idle, []
        for connection in idle:
            connection.socket.close()

    @contextlib.contextmanager
    def connection(self) -> Iterator[ProgramConnection]:
        """A connection that nothing else uses."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = ProgramConnection()
        try:
            yield connection
        finally:
            if connection.socket.fileno() >= 0:
                self._idle.append(connection)

    def tell(self, **event: Any) -> None:
        """Tell the host something, once."""
        if repr(event) not in self._told:
            self._told.add(repr(event))
            with self.connection() as connection:
                connection.ask("tell", event)


_REFUSED: dict[str, Any] = {"ended": ProgramEnded, "value": ValueError, "type": TypeError}


def _exception_of(name: Any, names: Any, arguments: Any, words: Any, shown: Any) -> BaseException:
    """An exception of the program: of the same built-in type, else a RuntimeError that names it."""
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


class ModuleRun:
    """One execution of the program: what a module is."""

    def __init__(self, given: tuple[Any, ...]) -> None:
        self._given = given
        self.names: dict[str, Any] = {}
        self.space: dict[str, Any] = {}

    def executed(self, connection: ProgramConnection) -> list[Any]:
        """Execute the program; returns its functions, constants, other things, and its output as a script."""
        connection.numbers[id(self)], *found = connection.ask("import", *self._given)
        return found

    def call(self, name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Call a function of the program."""
        for each, value in self.space.items():
            is_new = each not in self.names and not each.startswith("_")
            if is_new or (each in self.names and self.names[each] is not value):
                _host.tell(shared=f"it sets {each} in the program")
        is_shown = type(sys.stdout).__name__ == "StringIO"
        with _host.connection() as connection:
            if id(self) not in connection.numbers:  # another process of the evaluator, or of the program
                self.executed(connection)
            number = connection.numbers[id(self)]
            try:
                value, changed, printed = connection.ask("call", number, name, arguments, named, is_shown)
            except plain_data.NotPlain as error:
                words = f"{error} cannot be passed to {name}(), which runs in a process of its own"
                connection.ask("tell", {"shared": f"it passes {error} to {name}()"})
                raise TypeError(words) from None
        if is_shown:
            sys.stdout.write(printed)
        given = [*arguments, *named.values()]
        for index, new in changed.items():
            _change(given[index], new)
        return value


def _change(old: Any, new: Any) -> None:
    """Give an argument that the function changed its new contents."""
    if type(old) is not type(new):
        return
    if type(old) is list:
        old[:] = new
    elif type(old) in (dict, set):
        old.clear()
        old.update(new)
    elif type(new).__name__ == "ndarray" and old.shape == new.shape and old.dtype == new.dtype:
        old[...] = new


class Other:
    """Stands for something of the program that is neither a function nor plain data."""

    def __init__(self, name: str, words: str) -> None:
        self.__dict__.update(_strop_name=name, _strop_words=words)

    def _strop_used(self, *_: Any, **__: Any) -> Any:
        words = f"it uses {self._strop_name} of the program, {self._strop_words}"
        _host.tell(shared=words)
        raise TypeError(f"{words}, which runs in a process of its own")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._strop_used()

    __call__ = __instancecheck__ = __subclasscheck__ = __mro_entries__ = __getitem__ = __iter__ = __setattr__ = (
        _strop_used
    )
    __enter__ = __len__ = _strop_used


def fill(space: dict[str, Any], names: dict[str, Any], program: str) -> None:
    """Execute the program and put its functions and constants into a module's namespace."""
    watch(program)
    for name in ("_sys", "_stand_in"):
        names.pop(name, None)
    module = str(space.get("__name__") or "program")
    main = sys.modules.get("__main__")
    is_script = module == "__main__"
    arguments = [str(each) for each in sys.argv[1:]] if is_script else []
    stdin = b""
    if is_script:
        with contextlib.suppress(OSError, ValueError):
            stdin = sys.stdin.buffer.read() if hasattr(sys.stdin, "buffer") else sys.stdin.read().encode()
    folder = os.getcwd()
    root = str(Path(program).parent)
    paths = [
        each for each in sys.path if each and Path(each).is_dir() and (each.startswith(root) or each.startswith(folder))
    ]
    run = ModuleRun((module, arguments, stdin, paths, folder))
    with _host.connection() as connection:
        functions, constants, others, output = run.executed(connection)
    found: dict[str, Any] = {str(each[0]): _forwarder(run, module, *each) for each in functions}
    found.update({str(name): value for name, value in constants.items()})
    found.update({str(name): Other(str(name), str(words)) for name, words in others.items()})
    earlier = _host.filled.get(id(names), {})
    found = {name: value for name, value in found.items() if name not in names or names[name] is earlier.get(name)}
    names.update(found)
    run.names, run.space = found, names
    _host.filled[id(names)] = found
    if output is not None:
        sys.stdout.write(output[0].decode("utf-8", "replace"))
        sys.stderr.write(output[1].decode("utf-8", "replace"))
        if main is not None and main.__dict__ is space:
            sys.exit(int(output[2]))
        if output[2]:
            raise SystemExit(int(output[2]))


def _forwarder(run: ModuleRun, module: str, name: str, doc: str, parameters: Any) -> types.FunctionType:
    def forward(*arguments: Any, **named: Any) -> Any:
        return run.call(name, arguments, named)

    forward.__name__ = forward.__qualname__ = name
    forward.__module__, forward.__doc__ = module, doc or None
    with contextlib.suppress(TypeError, ValueError):
        forward.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [
                inspect.Parameter(
                    each, inspect._ParameterKind(kind), default=default if has else inspect.Parameter.empty
                )
                for each, kind, has, default in parameters
            ]
        )
    return forward  # type: ignore[return-value]


def watch(program: str) -> None:
    """Tell of everything in this process that reads the program's text and does not execute it as an import does."""

    def hook(event: str, given: tuple[Any, ...]) -> None:
        if event != "open" or type(given[0]) is not str:
            return
        _host.opened.add(given[0])
        if not given[0].endswith(ending):
            return
        if os.path.abspath(given[0]) == program and not str(given[1] or "r").startswith(("w", "a", "x")):
            _tell_of_reading(sys._getframe(1))

    ending = os.path.basename(program)
    if not _host.is_watched:
        _host.is_watched = True
        sys.addaudithook(hook)


def _tell_of_reading(frame: Any) -> None:
    frames = []
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    names = [each.f_code.co_filename for each in frames]
    if any(os.path.basename(name) in ("inspect.py", "ast.py", "dis.py") for name in names):
        _host.tell(shared="it reads the program's text")
        return
    user = next((each for each in frames if not _is_library(each.f_code.co_filename)), None)
    first = names[0] if names else ""
    if user is None or first.startswith(_IMPORTS) or first.startswith(_OURS) or os.path.basename(first) in _COPIES:
        return
    if user.f_code.co_filename.startswith(os.path.dirname(_OURS)):
        return
    _host.tell(reads=[user.f_code.co_filename, user.f_lineno])


def _is_library(name: str) -> bool:
    return name.startswith("<frozen") or name.startswith(os.path.dirname(os.__file__))


_host = Connections()
opened = _host.opened
