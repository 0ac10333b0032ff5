"""The evaluator's jail: its modules are imported once, and every evaluation is a fork. Stand-alone (see `__init__`).

    python evaluating.py < CHANNEL

The first process passes connections of stand-ins on to the program's jail, notes what they tell, and puts the files back.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import select
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from strop.tasks.evaluator import runner
    from strop.tasks.evaluator.apart import plumbing, stand_in
else:

    def part(name, folder=Path(__file__).parent):
        """Another file of this folder, or of the one above it."""
        key = f"_strop_{name}"
        if key not in sys.modules:
            spec = importlib.util.spec_from_file_location(key, folder / f"{name}.py")
            sys.modules[key] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(sys.modules[key])
        return sys.modules[key]

    plumbing, stand_in = part("plumbing"), part("stand_in")
    runner = part("runner", Path(__file__).parent.parent)

MOST_EVENTS = 1000
MOST_WORDS = 128 << 10
"""Most bytes of an evaluator's output that are reported to the host."""
_PATIENCE = 20.0
"""Seconds for a stand-in to say what it wants."""


class EvaluatorJail:
    """The first process of the evaluator's workspace."""

    def __init__(self) -> None:
        self._channel = plumbing.begin()
        self._plan, (link,) = plumbing.receive_message(self._channel)
        self._link = socket.socket(fileno=link)
        self._door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._door.bind(stand_in.ADDRESS)
        self._door.listen(64)
        plumbing.preload(self._plan["preload"])
        self._files = plumbing.Files([os.getcwd(), *self._plan["folders"]])
        self._events: list[dict[str, Any]] = []
        self._waiting = 0
        """Calls that took long and have no answer yet."""
        self._before, self._root = set(sys.modules), os.getcwd()
        plumbing.send_message(self._channel, {"ready": True})

    def serve(self) -> None:
        while True:
            order, _ = plumbing.receive_message(self._channel)
            self._events, self._waiting = [], 0
            with tempfile.TemporaryFile() as output:
                self._evaluate(order, output.fileno())

    def _evaluate(self, order: dict[str, Any], output: int) -> None:
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                self._become(order, writer, output)
            finally:
                os._exit(1)
        os.close(writer)
        pidfd = os.pidfd_open(pid)
        with contextlib.ExitStack() as stack:
            stack.callback(os.close, reader)
            stack.callback(os.close, pidfd)
            line = self._follow(order, reader, pidfd)
            _, status, usage = os.wait4(pid, 0)
        seconds, largest = plumbing.end_all()
        self._drop_waiting()
        if self._waiting:
            self._events.insert(0, {"failed": "the evaluator did not wait for the answer of a call of the program"})
        told = {
            "status": status,
            "line": line.decode("utf-8", "replace"),
            "errors": plumbing.tail(output, MOST_WORDS),
            "events": self._events,
            "cpu": usage.ru_utime + usage.ru_stime + seconds,
            "rss": max(usage.ru_maxrss << 10, largest),
            "clean": self._files.restored(),
        }
        for event in self._events:
            plumbing.preload(event.get("loaded", []))
        plumbing.send_message(self._channel, told)

    def _follow(self, order: dict[str, Any], reader: int, pidfd: int) -> bytes:
        """Serve stand-ins until the evaluation has ended; returns what it wrote as its result."""
        poll = select.poll()
        for descriptor in (reader, pidfd, self._door.fileno()):
            poll.register(descriptor, select.POLLIN)
        poll.register(self._channel.fileno(), 0)
        line, is_over = b"", False
        while not is_over:
            for descriptor, _ in poll.poll():
                if descriptor == reader:
                    chunk = os.read(reader, 1 << 16)
                    line += chunk
                    if not chunk:
                        poll.unregister(reader)
                elif descriptor == pidfd:
                    is_over = True
                elif descriptor == self._door.fileno():
                    self._welcome(order)
                else:
                    raise plumbing.Hangup
        os.set_blocking(reader, False)
        with contextlib.suppress(BlockingIOError):
            while chunk := os.read(reader, 1 << 16):
                line += chunk
        return line

    def _welcome(self, order: dict[str, Any]) -> None:
        connection, _ = self._door.accept()
        with connection, contextlib.suppress(OSError, plumbing.Hangup, ValueError):
            connection.settimeout(_PATIENCE)
            if plumbing.exactly(connection, 1) == b"C":
                credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
                plumbing.send(connection, json.dumps(order["expected"]).encode())
                pid = int.from_bytes(credentials[:4], sys.byteorder)
                connection.setblocking(True)
                plumbing.send_message(self._link, {"pid": pid}, (connection.fileno(),))
            else:
                self._take(json.loads(plumbing.receive(connection, 1 << 20)))
                connection.sendall(b".")

    def _take(self, event: dict[str, Any]) -> None:
        self._waiting += event.pop("waiting", 0)
        if event and len(self._events) < MOST_EVENTS:
            self._events.append(event)

    def _drop_waiting(self) -> None:
        self._door.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self._door.accept()[0].close()
        self._door.setblocking(True)

    def _become(self, order: dict[str, Any], writer: int, output: int) -> NoReturn:
        """Evaluate, as `runner` does."""
        for one in (self._channel, self._link, self._door):
            one.close()
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.setsid()
        os.environ.update(order["environment"])
        plumbing.limit_cpu(order["cpu_seconds"])
        plan = self._plan
        del sys.path[0]
        evaluator, program = (str(Path(plan[name]).absolute()) for name in ("evaluator", "program"))
        sys.argv = [evaluator]
        stand_in.watch(program)
        try:
            line = runner.evaluated(plan["form"], evaluator, program, plan["named"])
            if order["expected"].get("original"):
                opened = plumbing.below(stand_in._program.opened, self._root)
                stand_in._program.tell({"loaded": plumbing.loaded(self._before, self._root), "opened": opened})
        except BaseException as error:
            runner.tell_of(error)
            runner.end(1)
        else:
            with os.fdopen(writer, "w") as result:
                result.write(line)
            runner.end(0)
        os._exit(1)


if __name__ == "__main__":
    with contextlib.suppress(plumbing.Hangup):
        EvaluatorJail().serve()
