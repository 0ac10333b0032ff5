"""The program's jail: one process for each process of the evaluator that imports the program. Stand-alone (see `__init__`).

    python program.py < CHANNEL

It runs beside hostile code: whoever reads what comes out of it checks that. The first process imports what programs need and
forks; those that it forks execute the program, and answer what stand-ins ask (`stand_in`).
"""

from __future__ import annotations

import builtins
import contextlib
import hashlib
import importlib.util
import inspect
import io
import os
import random
import select
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
MOST_OUTPUT = 4000
"""Bytes of what the program printed that are told."""
_FIRST, _CONNECTION, _END = 3, 3, 4


class Server:
    """One process that executes the program."""

    def __init__(self, connection: socket.socket, end: socket.socket, order: dict[str, Any]) -> None:
        self._connection, self._end, self._order = connection, end, order
        self._modules: list[types.ModuleType] = []
        self._loaded = set(sys.modules)
        self._lock = threading.Lock()
        self._root, self._opened, self._told = os.getcwd(), set[str](), 0
        if order.get("trial"):
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
        if self._order.get("trial") and len(sys.modules) + len(self._opened) != self._told:
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
    """The functions of a program, its constants, and what else it has, in words."""
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


def _seed(text: str) -> None:
    """Seed the global generators; the number does not tell the evaluator's seed."""
    number = int.from_bytes(hashlib.sha256(f"program {text}".encode()).digest()[:4], "little")
    random.seed(number)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(number)


class Jail:
    """The first process."""

    def __init__(self) -> None:
        self._channel = plumbing.begin()
        self._plan, (link,) = plumbing.receive_message(self._channel)
        self._link = socket.socket(fileno=link)
        plumbing.preload(self._plan["preload"])
        self._files = plumbing.Files([os.getcwd(), *self._plan["folders"]], self._plan["program"])
        self._begin({})
        plumbing.send_message(self._channel, {"ready": True})

    def _begin(self, order: dict[str, Any]) -> None:
        self._order = order
        self._pids: dict[int, int] = {}
        """Process of the evaluator → our process."""
        self._ends: dict[int, socket.socket] = {}
        self._kept: dict[int, list[int]] = {}
        """Our process → its connections, which tell when the other side is gone."""
        self._pidfds: dict[int, int] = {}
        self._statuses: dict[int, int] = {}
        self._stopped: set[int] = set()
        self._learned: list[str] = []
        self._opened: set[str] = set()
        self._seconds, self._largest = 0.0, 0

    def serve(self) -> None:
        while True:
            order, _ = plumbing.receive_message(self._channel)
            self._begin({**order, "program": self._plan["program"]})
            self._lay(order["text"])
            with tempfile.TemporaryFile() as output:
                self._evaluate(output.fileno())
                self._finish(output.fileno())

    def _lay(self, text: str) -> None:
        path = self._plan["program"]
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        with open(path, "w", encoding="utf-8", newline="", errors="surrogatepass") as file:
            file.write(text)

    def _evaluate(self, output: int) -> None:
        """Serve until the host says that the evaluation is over."""
        while True:
            poll = select.poll()
            for descriptor in (self._channel.fileno(), self._link.fileno(), *self._pidfds.values()):
                poll.register(descriptor, select.POLLIN)
            for end in self._ends.values() if self._order.get("trial") else ():  # a candidate has nothing to tell
                poll.register(end.fileno(), select.POLLIN)
            for kept in self._kept.values():
                for descriptor in kept:
                    poll.register(descriptor, 0)
            for descriptor, event in poll.poll():
                if descriptor == self._channel.fileno():
                    message, _ = plumbing.receive_message(self._channel)
                    if "finish" in message:
                        return
                elif descriptor == self._link.fileno():
                    self._connect(output)
                elif descriptor in self._pidfds.values():
                    self._buried(descriptor)
                else:
                    self._other(descriptor, event)

    def _connect(self, output: int) -> None:
        message, descriptors = plumbing.receive_message(self._link)
        peer, connection = int(message["pid"]), descriptors[0]
        pid = self._pids.get(peer)
        self._hear(pid)
        if pid in self._ends and pid not in self._stopped:
            with contextlib.suppress(OSError):
                socket.send_fds(self._ends[pid], [b"."], [connection])
        else:
            pid = self._started(connection, output)
            self._pids[peer] = pid
        self._kept.setdefault(pid, []).append(connection)

    def _started(self, connection: int, output: int) -> int:
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            try:
                self._become(connection, theirs.fileno(), output)
            finally:
                os._exit(1)
        theirs.close()
        ours.setblocking(bool(self._order.get("trial")))  # a candidate may not read it
        self._ends[pid] = ours
        self._pidfds[pid] = os.pidfd_open(pid)
        return pid

    def _become(self, connection: int, end: int, output: int) -> NoReturn:
        os.setsid()
        plumbing.readable()
        kept = [os.dup(descriptor) for descriptor in (connection, end, output)]
        high = [os.dup2(descriptor, 900 + number) for number, descriptor in enumerate(kept)]
        os.dup2(high[2], 1)
        os.dup2(high[2], 2)
        os.closerange(3, 900)
        os.closerange(902, 1024)
        plumbing.limit_cpu(self._order["cpu_seconds"])
        _seed(str(self._order["seed"]))
        os.environ.update(self._order["environment"])
        del sys.path[0]
        sys.argv = [self._plan["program"]]
        Server(socket.socket(fileno=900), socket.socket(fileno=901), self._order).run()

    def _buried(self, pidfd: int) -> None:
        pid = next(pid for pid, each in self._pidfds.items() if each == pidfd)
        _, self._statuses[pid], usage = os.wait4(pid, 0)
        self._seconds += usage.ru_utime + usage.ru_stime
        self._largest = max(self._largest, usage.ru_maxrss << 10)
        self._forget(pid)

    def _forget(self, pid: int) -> None:
        os.close(self._pidfds.pop(pid))
        self._ends.pop(pid).close()
        for descriptor in self._kept.pop(pid, []):
            os.close(descriptor)

    def _other(self, descriptor: int, event: int) -> None:
        """What one of our processes says, or a connection whose other side is gone."""
        for end in list(self._ends.values()):
            if descriptor == end.fileno():
                if event & select.POLLIN:
                    with contextlib.suppress(Exception):
                        message, _ = plumbing.receive_message(end)
                        self._learned += message["loaded"]
                        self._opened.update(message["opened"])
                return
        self._hear(next((pid for pid, kept in self._kept.items() if descriptor in kept), None))

    def _hear(self, pid: int | None) -> None:
        """Close the connections of one of our processes whose other side is gone; kill the process if none is left."""
        kept = self._kept.get(pid or 0, [])
        poll = select.poll()
        for descriptor in kept:
            poll.register(descriptor, 0)
        gone = [descriptor for descriptor, _ in poll.poll(0)]
        for descriptor in gone:
            kept.remove(descriptor)
            os.close(descriptor)
        if gone and not kept and pid:
            self._stopped.add(pid)
            with contextlib.suppress(OSError):
                os.killpg(pid, signal.SIGKILL)

    def _finish(self, output: int) -> None:
        left = set(self._pidfds)
        seconds, largest = plumbing.end_all()
        for pid in left:
            self._forget(pid)
        self._link.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                _, descriptors = plumbing.receive_message(self._link)
                for descriptor in descriptors:
                    os.close(descriptor)
        self._link.setblocking(True)
        killed = [
            pid
            for pid, status in self._statuses.items()
            if pid not in self._stopped and status & 0x7F == signal.SIGKILL
        ]
        told = {
            "finished": True,
            "killed": bool(killed),
            "output": plumbing.tail(output, MOST_OUTPUT),
            "cpu": self._seconds + seconds,
            "rss": max(self._largest, largest),
            "opened": sorted(self._opened),
        }
        clean = self._files.restored()
        plumbing.preload(self._learned)
        plumbing.send_message(self._channel, {**told, "clean": clean})


if __name__ == "__main__":
    with contextlib.suppress(plumbing.Hangup):
        Jail().serve()
