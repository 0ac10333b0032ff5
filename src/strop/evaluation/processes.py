"""Worker processes of this machine."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from multiprocessing import Pipe
from typing import Any

from strop.base import interpreter
from strop.base.parking import Parking
from strop.evaluation.workers import Equipment


class WorkerProcess:
    """A worker process (strop.evaluation.worker) and the pipe to it. It ends with this process, however this one ends."""

    def __init__(self) -> None:
        """Start it, without waiting for it."""
        self._channel, theirs = Pipe()
        try:
            # not isolated from the environment: a scorer may import what its user has installed
            self._process = subprocess.Popen(
                interpreter.python("-m", "strop.evaluation.worker", str(theirs.fileno())),
                env=interpreter.environment(),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        except BaseException:
            self._channel.close()
            raise
        finally:
            theirs.close()
        self.equipment: Equipment | None = None
        """What it was sent last."""
        self.is_new = True
        """Whether it never had any."""
        self.is_ready = False
        """Whether it has its equipment and takes orders."""
        self.orders: dict[Any, Any] = {}
        """Number → what it was sent and has not answered, in the order in which it does them; its pool's."""
        self.begun: int | None = None
        """The number of what it does now."""

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def fileno(self) -> int:
        """Becomes readable when it says something, and when it has ended."""
        return self._channel.fileno()

    def send(self, message: tuple[int, object] | int) -> None:
        """Send something to do with its number, or the number of something that is not to be done; nothing to one that ended."""
        with suppress(OSError):
            self._channel.send(message)

    def receive(self) -> Any:
        """What it says (strop.evaluation.worker). Raises EOFError or OSError once it has ended."""
        return self._channel.recv()

    def exit_status(self) -> int:
        """That of a process whose pipe has ended; negative if a signal ended it."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        self.close()
        return self._process.returncode

    def close(self) -> None:
        """Kill it, whatever it does. Idempotent."""
        self._process.kill()
        self._process.wait()
        self._channel.close()


idle_workers: Parking[WorkerProcess] = Parking(most=64)
"""Worker processes that earlier pools of this process left."""
