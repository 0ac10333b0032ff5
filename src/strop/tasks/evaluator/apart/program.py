"""The program's jail: one process for each process of the evaluator that imports the program. Stand-alone (see `__init__`).

    python program.py < CHANNEL

The first process imports what programs need and forks; `serving` is what the forks do.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import random
import select
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from strop.tasks.evaluator.apart import plumbing, serving
else:

    def part(name):
        """Another file of this folder."""
        key = f"_strop_{name}"
        if key not in sys.modules:
            spec = importlib.util.spec_from_file_location(key, Path(__file__).with_name(f"{name}.py"))
            sys.modules[key] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(sys.modules[key])
        return sys.modules[key]

    plumbing, serving = part("plumbing"), part("serving")

MOST_OUTPUT = 4000
"""Most bytes of the program's output that are reported to the host."""
_HIGH, _HIGHEST = 900, 1024
"""Descriptors that a fork keeps are moved here."""


def _seed(text: str) -> None:
    """Seed the global generators; the number does not tell the evaluator's seed."""
    number = int.from_bytes(hashlib.sha256(f"program {text}".encode()).digest()[:4], "little")
    random.seed(number)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(number)


class Jail:
    """The first process of the program's workspace."""

    def __init__(self) -> None:
        self._channel = plumbing.begin()
        self._plan, (link,) = plumbing.receive_message(self._channel)
        self._link = socket.socket(fileno=link)
        plumbing.preload(self._plan["preload"])
        self._files = plumbing.Files([os.getcwd(), *self._plan["folders"]], self._plan["program"])
        self._marks = plumbing.marks()
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
        self._numbers = plumbing.next_numbers()

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
            for end in self._ends.values() if self._order.get("original") else ():  # a candidate has nothing to tell
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
        ours.setblocking(bool(self._order.get("original")))  # a candidate may not read it
        self._ends[pid] = ours
        self._pidfds[pid] = os.pidfd_open(pid)
        return pid

    def _become(self, connection: int, end: int, output: int) -> NoReturn:
        os.setsid()
        plumbing.readable()
        kept = [os.dup(descriptor) for descriptor in (connection, end, output)]
        high = [os.dup2(descriptor, _HIGH + number) for number, descriptor in enumerate(kept)]
        os.dup2(high[2], 1)
        os.dup2(high[2], 2)
        os.closerange(3, _HIGH)
        os.closerange(_HIGH + 2, _HIGHEST)
        plumbing.limit_cpu(self._order["cpu_seconds"])
        _seed(str(self._order["seed"]))
        os.environ.update(self._order["environment"])
        del sys.path[0]
        sys.argv = [self._plan["program"]]
        serving.Server(socket.socket(fileno=_HIGH), socket.socket(fileno=_HIGH + 1), self._order).run()

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
        """Close the connections of a process whose other side is gone; kill the process if none is left."""
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
        is_like_before = plumbing.are_near(self._numbers, plumbing.next_numbers()) and plumbing.marks() == self._marks
        clean = self._files.restored() and is_like_before
        plumbing.preload(self._learned)
        plumbing.send_message(self._channel, {**told, "clean": clean})


if __name__ == "__main__":
    with contextlib.suppress(plumbing.Hangup):
        Jail().serve()
