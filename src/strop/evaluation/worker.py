"""A worker process: carries out what its coordinator sends, one after the other, in its own jail, and sends back the results.

It is forked from a template (`forks`) that was started as `python -m strop.evaluation.worker CHANNEL`, with an inherited
descriptor. Both ends of its own channel are trusted: nothing that a program writes crosses it, but the `Evaluation` of its
answers. It carries pickles, each after its length:

    (number, work)               do this: an `Equipment` first, then an `Order`, or an errand: a function of the worker
    number                       do not begin this
    -> number                    this begins
    -> (number, answer, next)    this is done, and the next number, or None, begins
    -> [said, ...]               a step of what it does: an errand's line; of a measurement for a verdict its number, and the most
"""

from __future__ import annotations

import faulthandler
import gc
import os
import pickle
import signal
import socket
import sys
import threading
from contextlib import ExitStack, suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import numpy
import numpy.random

import strop.evaluation.commands.measure
import strop.sandbox.workspace.jail
import strop.tasks.function.task  # noqa: F401 - what the first order needs is there before it
from strop.base.errors import SandboxError, StropError
from strop.base.surface import spell_flags
from strop.evaluation.base import Order
from strop.evaluation.workers import Equipment, JailedWorker, equipped
from strop.sandbox.control import ControlClosed, opened
from strop.sandbox.fork_server_host import server_template
from strop.sandbox.forks import continue_as_fork
from strop.tasks.base import blame
from strop.tasks.score_limit import SIGNAL, let_scorers_end_this_process, watch

UNREADABLE = 70
"""Exit status of a worker that cannot read what it was sent."""
WATCH_SECONDS = 0.25
"""Seconds between two looks for a scorer that waits for ever."""


class Backlog:
    """Work that was sent and is not begun. A thread reads the channel, so that the coordinator never waits for this process."""

    def __init__(self, channel: Connection) -> None:
        self._channel = channel
        self._arrived: SimpleQueue[Any] = SimpleQueue()
        self._waiting: dict[int, object] = {}
        threading.Thread(target=self._read, name="strop-channel", daemon=True).start()

    def next(self, *, wait: bool) -> tuple[int, Any]:
        """The next work and its number. Raises Empty if there is none and `wait` is false."""
        with suppress(Empty):
            while True:
                message = self._arrived.get(wait and not self._waiting)
                if isinstance(message, int):
                    self._waiting.pop(message, None)
                else:
                    self._waiting[message[0]] = message[1]
        if not self._waiting:
            raise Empty
        number = next(iter(self._waiting))
        return number, self._waiting.pop(number)

    def _read(self) -> None:
        """End this process, and with it its fork servers, as soon as the coordinator is gone, even while a program runs."""
        try:
            while True:
                while not self._channel.poll(WATCH_SECONDS):
                    watch()
                self._arrived.put(self._channel.recv())
        except (EOFError, OSError):
            os._exit(0)
        except BaseException as error:  # noqa: BLE001 (what was sent cannot be read here)
            os.write(2, f"{type(error).__name__}: {error}".replace("\n", " ").encode())
            os._exit(UNREADABLE)


class Serving:
    """The worker of this process, once it is equipped."""

    def __init__(self, channel: Connection) -> None:
        self._channel = channel
        self._worker: JailedWorker | None = None
        self._open = ExitStack()
        self._own = frozenset(sys.modules)

    def answer(self, work: Any) -> object:
        """The answer to work that the coordinator sent. An error is returned as an answer."""
        try:
            if isinstance(work, Equipment):
                return self._equipped(work)
            assert self._worker is not None
            if not isinstance(work, Order):
                return work(self._worker)
            measured = self._worker.measure(work)
            return measured if measured.error is None else replace(measured, error=portable(measured.error))
        except StropError as error:
            return portable(error)
        except Exception as error:  # noqa: BLE001 (objects of the task can fail wherever they are touched)
            return SandboxError(blame("a worker process", error))

    def _equipped(self, equipment: Equipment) -> object:
        self._open.close()
        if self._worker is not None and _foreign(self._own):
            os._exit(0)  # its pool starts another
        spell_flags(equipment.has_flags)
        self._worker = self._open.enter_context(equipped(equipment, lambda *facts: self._channel.send([*facts])))
        return None


def main() -> None:
    """Run the template, and each worker. argv: the descriptor of its channel."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the coordinator's business
    try:
        channel, variables, folder, servers, errors = continue_as_fork(int(sys.argv[1]))
    except ControlClosed:
        return
    for stream in (1, 2):  # what a scorer writes past Python is no result
        os.dup2(errors, stream)
    os.fchdir(folder)
    for descriptor in (errors, folder):
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(opened(variables))
    numpy.random.seed()  # without this, all workers would draw the same numbers; a fork seeds only Python's generator
    server_template.join(socket.socket(fileno=servers))
    _serve(Connection(channel))


def _serve(channel: Connection) -> None:
    """Serve until the coordinator closes its end, which ends this process."""
    faulthandler.register(SIGNAL, all_threads=False, chain=True)  # says where a scorer is stuck
    let_scorers_end_this_process()
    sys.stdout = sys.stderr  # where a scorer prints
    gc.freeze()  # what is loaded stays; to look at it again takes a tenth of the time of short measurements
    backlog, serving = Backlog(channel), Serving(channel)
    following: tuple[int, Any] | None = None
    with suppress(ConnectionError):
        while True:
            if following is None:
                following = backlog.next(wait=True)
                channel.send(following[0])
            number, answer, following = following[0], serving.answer(following[1]), None
            with suppress(Empty):
                following = backlog.next(wait=False)
            channel.send((number, answer, following and following[0]))
    os._exit(0)  # an interpreter that ends cannot park what is open: to start a thread then waits for ever


def portable(error: StropError) -> StropError:
    """The error, or a SandboxError with its message if it cannot be sent to another process."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 (whatever an error raises that cannot be pickled)
        return SandboxError(str(error))
    return error


def _foreign(own: frozenset[str]) -> bool:
    """Whether modules of a user were imported. They may have changed since, unlike those of an installed distribution."""
    files = (getattr(module, "__file__", None) for name, module in sys.modules.items() if name not in own)
    installed = (sys.prefix, sys.base_prefix, str(Path(__file__).parents[1]))
    return any(file is not None and not file.startswith(installed) for file in files)


if __name__ == "__main__":
    main()
