"""What lies where the program was: functions that forward each call to the program's jail, and its constants.

`fill` is called by the file that lies there (`parties.STAND_IN`), in whichever process of the evaluator executes it, however it
does so. What comes back is decoded and checked here, among the evaluator's processes. Stand-alone (see `__init__`).
"""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import json
import os
import select
import socket
import sys
import threading
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from strop.tasks.evaluator.apart import calls, codec, plumbing, values
else:

    def part(name):
        """Another file of this folder."""
        key = f"_strop_{name}"
        if key not in sys.modules:
            spec = importlib.util.spec_from_file_location(key, Path(__file__).with_name(f"{name}.py"))
            sys.modules[key] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(sys.modules[key])
        return sys.modules[key]

    calls, codec, plumbing, values = part("calls"), part("codec"), part("plumbing"), part("values")

ADDRESS = "\0strop-program"
"""Of the socket on which the evaluator's first process listens, in the abstract namespace of its own network."""
LATE_SECONDS = 0.05
"""After which a call counts as one that the evaluator waits for."""
_OURS = str(Path(__file__).parent)
_IMPORTS = ("<frozen importlib", "<frozen runpy", "<frozen zipimport")
_COPIES = ("shutil.py", "linecache.py", "tokenize.py", "traceback.py", "runpy.py", "pkgutil.py")


class ProgramJail:
    """The program's jail, as this process of the evaluator sees it. Safe to use from many threads."""

    def __init__(self) -> None:
        self.plan: dict[str, Any] = {}
        self._idle: list[tuple[socket.socket, str]] = []
        """Connections, and the process that serves each."""
        self._told: set[str] = set()
        """What it has reported already, which is reported once."""
        self._others: list[Any] = []
        """Answers that the program gave before, of which a spoiled one may be made."""
        self.filled: dict[int, dict[str, Any]] = {}
        """What was put into each namespace."""
        self.is_watched = False
        self.opened: set[str] = set()
        """Paths of the files that this process opened."""
        self._lock = threading.Lock()
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._lock = threading.Lock()
        idle, self._idle = self._idle, []
        for connection, _ in idle:
            connection.close()

    def tell(self, event: dict[str, Any]) -> None:
        """Tell the evaluator's first process."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect(ADDRESS)
            connection.sendall(b"E")
            plumbing.send(connection, json.dumps(event).encode("utf-8", "surrogatepass"))
            connection.recv(1)

    def connected(self) -> tuple[socket.socket, str]:
        """A connection to the process of the program that stands for this one."""
        with contextlib.suppress(IndexError):
            return self._idle.pop()
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(ADDRESS)
            connection.sendall(b"C")
            self.plan = json.loads(plumbing.receive(connection, codec.MOST_BYTES))
            return connection, plumbing.receive(connection, 100).decode("ascii", "replace")
        except (OSError, ValueError, plumbing.Hangup) as error:
            connection.close()
            raise calls.ProgramEnded(f"the program cannot be reached: {error or 'its process has ended'}") from None

    def ask(self, connection: socket.socket, question: bytes) -> tuple[Any, ...]:
        """The answer to a question. Whatever interrupts it ends the connection, and with it the program's process."""
        try:
            plumbing.send(connection, question)
            is_late = self._wait(connection)
            answer = codec.decode(plumbing.receive(connection, codec.MOST_BYTES * 2))
            if type(answer) is not tuple or not answer:
                raise codec.NotPlainData("no answer")
        except (OSError, plumbing.Hangup):
            raise self._ended(connection, "has ended") from None
        except codec.NotPlainData as error:
            raise self._ended(connection, f"sent an invalid answer: {error}") from None
        except ValueError:
            raise self._ended(connection, "sent more than is allowed") from None
        except BaseException:  # an evaluator's time-out
            connection.close()
            self.tell({"failed": "the evaluator ended a call of the program before its answer"})
            raise
        if is_late:
            self.tell({"waiting": -1})
        return answer

    def _wait(self, connection: socket.socket) -> bool:
        """Whether an answer is late; if so, tell the first process, which notices if it never comes."""
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        is_late = not poll.poll(LATE_SECONDS * 1000)
        if is_late:
            self.tell({"waiting": 1})
        return is_late

    def asked(self, connection: socket.socket, process: str, question: bytes) -> tuple[Any, ...]:
        """The answer, unless it is an exception of the program: raises that."""
        answer = self.ask(connection, question)
        if answer[0] in ("imported", "returned", "unplain"):
            return answer
        self.keep(connection, process)
        error = calls.exception_of(answer)
        self.tell(
            {"failed": f"a call of the program failed with {type(error).__name__}: every call must return an answer"}
        )
        raise error

    def _ended(self, connection: socket.socket, words: str) -> BaseException:
        connection.close()
        self.tell({"failed": f"the program's process {words}: every call must return an answer"})
        return calls.ProgramEnded(f"the program's process {words}")

    def keep(self, connection: socket.socket, process: str) -> None:
        """Let others use the connection."""
        self._idle.append((connection, process))

    def checked(self, name: str, value: Any, words: str) -> Any:
        """A value of the program, in types that the original uses. Raises ValueError if it has numbers that are not finite, and
        the original's under this name has none."""
        bad = values.not_finite(value)
        if self.plan.get("original"):
            self._learn("not_finite", [name] if bad else [])
            self._learn("dtypes", values.types_in(value))
            return value
        if bad and not self.plan.get("allow_nan") and name not in self.plan.get("not_finite", ()):
            words = f"{name} {words} {bad}, where the original {words} finite numbers"
            self.tell({"malformed": words})
            raise ValueError(words)
        return values.widened(value, self.plan.get("dtypes", ()))

    def _learn(self, what: str, names: Any) -> None:
        new = [each for each in names if f"{what} {each}" not in self._told]
        self._told.update(f"{what} {each}" for each in new)
        if new:
            self.tell({what: sorted(new)})

    def spoiled(self, value: Any, inputs: list[Any]) -> Any:
        """An answer, spoiled in the way that the plan names before anything checks it; as it is if it cannot be spoiled so."""
        plan = self.plan.get("spoil")
        if not plan:
            return value
        with self._lock:
            for name, text in plan["texts"].items():
                if name not in sys.modules:
                    module = types.ModuleType(name)
                    exec(compile(text, name, "exec"), module.__dict__)
                    sys.modules[name] = module
        others = list(self._others)
        self._others.append(value)
        try:
            value = sys.modules[plan["module"]].spoil(plan["name"], plan["variant"], value, inputs, others)
        except Exception:
            if plan["name"] != plan["raises"]:
                return value
            self._learn("spoiled", ["yes"])
            raise
        self._learn("spoiled", ["yes"])
        return value


class ModuleRun:
    """One execution of the program: what a module is."""

    def __init__(self, program: ProgramJail, given: tuple[Any, ...]) -> None:
        self._program, self._given = program, given
        self._numbers: dict[str, int] = {}
        """By process of the program: a forked evaluator, or one that lost a process, has it executed again."""
        self.names: dict[str, Any] = {}
        self.space: dict[str, Any] = {}

    def executed(self) -> tuple[Any, ...]:
        """Execute the program; returns its functions, constants, other things, and its output as a script."""
        connection, process = self._program.connected()
        answer = self._executed(connection, process)
        self._program.keep(connection, process)
        return answer

    def _executed(self, connection: socket.socket, process: str) -> tuple[Any, ...]:
        question = codec.encode(("import", *self._given))
        answer = self._program.asked(connection, process, question)
        if answer[0] != "imported" or len(answer) != 6:
            raise calls.ProgramEnded("the program's process sent an invalid answer")
        if answer[5] is not None and answer[5][2]:
            self._program.tell({"failed": f"the program failed with exit status {int(answer[5][2])}"})
        self._numbers[process] = int(answer[1])
        return answer[2:]

    def call(self, name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Call a function of the program."""
        program = self._program
        connection, process = program.connected()
        if process not in self._numbers:
            self._executed(connection, process)
        self._check(name)
        in_place = bool(program.plan.get("original")) or any(
            each.startswith(f"{name}/") for each in program.plan.get("in_place", ())
        )
        is_shown = type(sys.stdout).__name__ == "StringIO"
        try:
            question = codec.encode(("call", self._numbers[process], name, arguments, named, in_place, is_shown))
        except codec.NotPlain as error:
            program.keep(connection, process)
            program.tell({"shared": f"it passes {error} to {name}()"})
            raise TypeError(f"{error} cannot be passed to {name}(), which runs in a process of its own") from None
        answer = program.asked(connection, process, question)
        program.keep(connection, process)
        if answer[0] == "returned" and len(answer) == 4:
            self._change([*arguments, *named.values()], answer[2], name, in_place)
            if is_shown:
                sys.stdout.write(str(answer[3]))
            value = program.spoiled(answer[1], [*arguments, *named.values()])
            return program.checked(f"{name}()", value, "returned")
        if answer[0] == "unplain":
            words = f"{name}() returns {str(answer[1])[:200]}"
            program.tell(
                {"shared": words}
                if program.plan.get("original")
                else {"malformed": f"{words}, which is not plain data"}
            )
            raise TypeError(f"{words}, which is not plain data")
        raise calls.ProgramEnded("the program's process sent an invalid answer")

    def _change(self, given: list[Any], changed: Any, name: str, in_place: bool) -> None:
        """Give arguments that the function changed their new contents."""
        if not in_place or type(changed) is not dict or not changed:
            return
        for index, new in changed.items():
            old: Any = given[index] if type(index) is int and 0 <= index < len(given) else None
            if self._program.plan.get("original"):
                self._program.tell({"in_place": [f"{name}/{index}"]})
            elif f"{name}/{index}" not in self._program.plan.get("in_place", ()):
                continue  # the original leaves this one as it is
            if type(old) is not type(new):
                continue
            new = self._program.spoiled(new, given)
            new = self._program.checked(f"argument {index} of {name}()", new, "became")
            if type(old) is list:
                old[:] = new
            elif type(old) in (dict, set):
                old.clear()
                old.update(new)
            elif type(new).__name__ == "ndarray" and old.shape == new.shape and old.dtype == new.dtype:
                old[...] = new

    def _check(self, name: str) -> None:
        """Notice an evaluator that sets something in the program."""
        if self._program.plan.get("original"):
            for each, value in self.space.items():
                is_new = each not in self.names and not each.startswith("_")
                if is_new or (each in self.names and self.names[each] is not value):
                    self._program.tell({"shared": f"it sets {each} in the program"})


class Other:
    """Stands for something of the program that is neither a function nor plain data."""

    def __init__(self, name: str, words: str) -> None:
        self.__dict__.update(_strop_name=name, _strop_words=words)

    def _strop_used(self, *_: Any, **__: Any) -> Any:
        words = f"it uses {self._strop_name} of the program, {self._strop_words}"
        _program.tell({"shared": words})
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
    for name in ("_util", "_sys", "_spec"):
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
    instance = ModuleRun(_program, (module, arguments, stdin, paths, folder))
    functions, constants, others, output = instance.executed()
    found: dict[str, Any] = {str(each[0]): _forwarder(instance, module, *each) for each in functions}
    found.update({str(name): value for name, value in constants.items()})
    found.update({str(name): Other(str(name), str(words)) for name, words in others.items()})
    earlier = _program.filled.get(id(names), {})
    found = {
        name: value
        for name, value in found.items()
        if name.isidentifier() and not name.startswith("__") and (name not in names or names[name] is earlier.get(name))
    }
    if _program.plan.get("original"):
        _program.tell({"names": sorted(found)})
    else:  # `from program import *` must not replace what the evaluator uses
        found = {name: value for name, value in found.items() if name in _program.plan.get("names", ())}
    for name in constants:
        if name in found:
            found[name] = _program.checked(name, found[name], "is")
    names.update(found)
    instance.names, instance.space = found, names
    _program.filled[id(names)] = found
    if output is not None:
        printed = bytes(output[0]).decode("utf-8", "replace")
        _program.checked("its output", values.numbers_printed(printed), "has")
        sys.stdout.write(printed)
        sys.stderr.write(bytes(output[1]).decode("utf-8", "replace"))
        if main is not None and main.__dict__ is space:
            sys.exit(int(output[2]))
        if output[2]:
            raise SystemExit(int(output[2]))


def _forwarder(instance: ModuleRun, module: str, name: str, doc: str, parameters: Any) -> types.FunctionType:
    def forward(*arguments: Any, **named: Any) -> Any:
        return instance.call(name, arguments, named)

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
        _program.opened.add(given[0])
        if not given[0].endswith(ending):
            return
        if os.path.abspath(given[0]) == program and not str(given[1] or "r").startswith(("w", "a", "x")):
            _told_of_reading(sys._getframe(1))

    ending = os.path.basename(program)
    if not _program.is_watched:
        _program.is_watched = True
        sys.addaudithook(hook)


def _told_of_reading(frame: Any) -> None:
    frames = []
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    names = [each.f_code.co_filename for each in frames]
    if any(os.path.basename(name) in ("inspect.py", "ast.py", "dis.py") for name in names):
        _program.tell({"shared": "it reads the program's text"})
        return
    user = next((each for each in frames if not _is_library(each.f_code.co_filename)), None)
    first = names[0] if names else ""
    if user is None or first.startswith(_IMPORTS) or first.startswith(_OURS) or os.path.basename(first) in _COPIES:
        return
    if user.f_code.co_filename.startswith(os.path.dirname(_OURS)):
        return
    _program.tell({"reads": [user.f_code.co_filename, user.f_lineno, user.f_code.co_firstlineno]})


def _is_library(name: str) -> bool:
    return name.startswith("<frozen") or name.startswith(os.path.dirname(os.__file__))


_program = ProgramJail()
