"""A process that executes the program and answers what stand-ins ask. Stand-alone (see `__init__`).

It runs beside hostile code, so its readers check everything that it sends.
"""

from __future__ import annotations

import atexit
import builtins
import contextlib
import importlib.util
import inspect
import io
import os
import signal
import socket
import sys
import tempfile
import threading
import traceback
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from strop.tasks.evaluator.apart import codec, plumbing
else:

    def part(name):
        """Another file of this folder."""
        key = f"_strop_{name}"
        if key not in sys.modules:
            spec = importlib.util.spec_from_file_location(key, Path(__file__).with_name(f"{name}.py"))
            sys.modules[key] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(sys.modules[key])
        return sys.modules[key]

    codec, plumbing = part("codec"), part("plumbing")

MOST_WORDS = 4000
"""Characters of a message, and of a traceback, that are sent."""


class Server:
    """One process that executes the program."""

    def __init__(self, connection: socket.socket, end: socket.socket, order: dict[str, Any]) -> None:
        self._connection, self._end, self._order = connection, end, order
        self._modules: list[types.ModuleType] = []
        self._loaded = set(sys.modules)
        self._lock = threading.Lock()
        self._root, self._opened, self._told = os.getcwd(), set[str](), 0
        if order.get("original"):
            sys.addaudithook(self._hook)

    def _hook(self, event: str, given: tuple[Any, ...]) -> None:
        if event == "open" and type(given[0]) is str:
            self._opened.add(given[0])

    def run(self) -> NoReturn:
        threading.Thread(target=self._welcome, daemon=True).start()
        self._serve(self._connection)
        while True:  # others may still be served
            signal.pause()

    def _welcome(self) -> None:
        """Serve further connections of the same process of the evaluator, each on a thread."""
        with contextlib.suppress(OSError):
            while True:
                _, descriptors, _, _ = socket.recv_fds(self._end, 1, 1)
                if not descriptors:
                    return
                connection = socket.socket(fileno=descriptors[0])
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, plumbing.Hangup), connection:
            plumbing.send(connection, str(os.getpid()).encode())
            while True:
                asked = codec.decode(plumbing.receive(connection, codec.MOST_BYTES * 2))
                plumbing.send(connection, self._answer(*asked))
                self._tell()

    def _tell(self) -> None:
        """Tell the first process what the original imports, so that no later one has to, and which files it needs."""
        if self._order.get("original") and len(sys.modules) + len(self._opened) != self._told:
            self._told = len(sys.modules) + len(self._opened)
            loaded = plumbing.loaded(self._loaded, self._root)
            plumbing.send_message(self._end, {"loaded": loaded, "opened": plumbing.below(self._opened, self._root)})

    def _answer(self, what: str, *given: Any) -> bytes:
        try:
            if what == "import":
                return codec.encode(self._imported(*given))
            return codec.encode(self._called(*given), subclasses=True)
        except codec.NotPlain as error:
            return codec.encode(("unplain", str(error)[:MOST_WORDS]))
        except BaseException as error:
            return codec.encode(("raised", *_told(error)))

    def _called(
        self, number: int, name: str, arguments: tuple[Any, ...], named: dict[str, Any], in_place: bool, shown: bool
    ) -> tuple[Any, ...]:
        function = getattr(self._modules[number], name)
        given = [*arguments, *named.values()]
        before = [codec.encode(each) if _is_mutable(each) else b"" for each in given] if in_place else []
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed) if shown else contextlib.nullcontext():
            result = function(*arguments, **named)
        changed = {
            index: each
            for index, each in enumerate(given)
            if before and before[index] and codec.encode(each, subclasses=True) != before[index]
        }
        return "returned", result, changed, printed.getvalue()

    def _imported(self, name: str, argv: list[str], stdin: bytes, paths: list[str], folder: str) -> tuple[Any, ...]:
        path = self._order["program"]
        sys.path[:0] = [each for each in paths if each not in sys.path]
        with contextlib.suppress(OSError):
            os.chdir(folder)
        module = types.ModuleType(name)
        module.__file__ = path
        text = self._order["text"]
        is_script = name == "__main__"
        with self._lock:
            self._modules.append(module)
            number = len(self._modules) - 1
        sys.modules[name] = module
        with _as_script(path, argv, stdin) if is_script else contextlib.nullcontext() as ran:
            exec(compile(text, path, "exec", dont_inherit=True), module.__dict__)
        functions, constants, others = described(module)
        output = (ran.output, ran.errors, ran.code) if ran is not None else None
        return "imported", number, functions, constants, others, output


class _as_script:  # noqa: N801 - used like a function
    """A program that runs as a script: its arguments, its standard input; and its output and exit status afterwards."""

    def __init__(self, path: str, argv: list[str], stdin: bytes) -> None:
        self._argv, self._stdin = [path, *argv], stdin
        self.output, self.errors, self.code = b"", b"", 0

    def __enter__(self) -> _as_script:
        self._kept = [os.dup(descriptor) for descriptor in (0, 1, 2)]
        self._files = [tempfile.TemporaryFile() for _ in range(3)]
        self._files[0].write(self._stdin)
        self._files[0].seek(0)
        for number, file in enumerate(self._files):
            os.dup2(file.fileno(), number)
        sys.argv = self._argv
        sys.stdin = os.fdopen(0, closefd=False)
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        ended = isinstance(error, SystemExit)
        if isinstance(error, SystemExit):
            self.code = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
            if self.code == 1 and not isinstance(error.code, int):
                print(error.code, file=sys.stderr)
        elif error is not None:
            ended, self.code = True, 1
            traceback.print_exception(type(error), error, trace)
        atexit._run_exitfuncs()  # as at the end of a script's own process
        _flush()
        for number, kept in enumerate(self._kept):
            os.dup2(kept, number)
            os.close(kept)
        for number, file in enumerate(self._files):
            file.seek(0)
            if number:
                setattr(self, ("", "output", "errors")[number], file.read(codec.MOST_BYTES // 2))
            file.close()
        return ended


def described(module: types.ModuleType) -> tuple[list[Any], dict[str, Any], dict[str, str]]:
    """The functions of a program, its constants, and what else it has, as text."""
    functions, constants, others = [], dict[str, Any](), dict[str, str]()
    for name, value in list(module.__dict__.items()):
        if name.startswith("__") and name.endswith("__"):
            continue
        try:
            codec.encode(value)
        except codec.NotPlain as error:
            if callable(value) and not isinstance(value, type):
                functions.append((name, str(getattr(value, "__doc__", None) or "")[:2000], _parameters(value)))
            else:
                others[name] = str(error)
        else:
            constants[name] = value
    return functions, constants, others


def _parameters(function: Any) -> list[tuple[str, int, bool, Any]] | None:
    try:
        found = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):
        return None
    return [(each.name, int(each.kind), each.default is not each.empty, _plain(each.default)) for each in found]


def _plain(value: Any) -> Any:
    try:
        codec.encode(value)
    except codec.NotPlain:
        return None
    return value


def _is_mutable(value: Any) -> bool:
    return isinstance(value, (list, dict, set)) or type(value).__name__ == "ndarray"


def _told(error: BaseException) -> tuple[Any, ...]:
    """An exception: the built-in types that it is of, its arguments if they are short, its words and the traceback's end."""
    names = [kind.__name__ for kind in type(error).__mro__ if getattr(builtins, kind.__name__, None) is kind]
    try:
        words = str(error)[:MOST_WORDS]
    except Exception:
        words = "no words"
    arguments: Any = None
    with contextlib.suppress(Exception):
        if len(codec.encode(tuple(error.args))) <= MOST_WORDS:
            arguments = tuple(error.args)
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    shown = ""
    with contextlib.suppress(Exception):
        shown = "".join(traceback.format_exception(type(error), error, trace, limit=-20))[-MOST_WORDS:]
    return type(error).__name__, names, arguments, words, shown


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):
            stream.flush()
