"""One guest process as the host sees it: its pipes, its CPU clock, its exit status.

`fork_server_host` and `tree_guests` make it, and a `session` talks to its guest through a `link`.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True)
class ExitStatus:
    """How a guest's process ended, as the kernel reported it to its parent (wait4). A guest cannot forge it."""

    code: int | None
    """The exit status, 0 to 255; None when a signal ended it."""
    signal: int | None
    """The signal that ended it; None when it exited."""
    cpu_seconds: float
    max_rss_bytes: int

    def describe(self) -> str:
        """`exit status 3` or `signal SIGSEGV`."""
        if self.signal is None:
            return f"exit status {self.code}"
        with suppress(ValueError):
            return f"signal {signal.Signals(self.signal).name}"
        return f"signal {self.signal}"


def exit_status(message: Mapping[str, object]) -> ExitStatus:
    """The exit status in a server's message about a process that it has reaped: `status` of wait4, `cpu` seconds, `rss` bytes."""
    status = int(str(message["status"]))
    by_signal = os.WIFSIGNALED(status)
    return ExitStatus(
        code=None if by_signal else os.WEXITSTATUS(status),
        signal=os.WTERMSIG(status) if by_signal else None,
        cpu_seconds=float(str(message["cpu"])),
        max_rss_bytes=int(str(message["rss"])),
    )


class Child:
    """A guest's process and the host's ends of its pipes, which the holder closes with `close`."""

    def __init__(
        self,
        *,
        pidfd: int,
        to_guest: int,
        from_guest: int,
        output: int,
        wait: Callable[[], ExitStatus],
    ) -> None:
        """`wait` returns the exit status of a process that has ended; it may block briefly until the parent reports it."""
        self.pidfd, self.to_guest, self.from_guest, self.output = pidfd, to_guest, from_guest, output
        self.pid = _pid_of(pidfd)
        self.on_close: Callable[[], None] = lambda: None
        """Called once, when the child is closed, so that its server can fork the next one."""
        self.denied: Callable[[], Mapping[str, int]] = dict
        """System calls refused to it since this was called last, by name; empty without a watcher."""
        self._wait = wait
        self._status: ExitStatus | None = None
        self._cpu_seconds = 0.0
        self._starved = Starvation(self.pid)
        self._open = True

    def cpu_seconds(self) -> float:
        """CPU time of all threads of the process, from the kernel's clock."""
        if self._status is not None:
            return self._status.cpu_seconds
        with suppress(OSError):  # it has ended and been reaped: keep the last reading
            self._cpu_seconds = time.clock_gettime((~self.pid << 3) | 2)
        return self._cpu_seconds

    def starved_seconds(self) -> float:
        """How long its main thread was ready to run but had no core; 0 if the kernel does not count it."""
        return self._starved.seconds()

    def thread_states(self) -> list[bytes]:
        """The state of each of its threads, as the kernel writes it: `R` runs, or is ready to and waits for a core."""
        states = []
        with suppress(OSError):  # it has ended
            for thread in os.listdir(f"/proc/{self.pid}/task"):  # noqa: PTH208 (a Path costs more)
                with suppress(OSError), open(f"/proc/{self.pid}/task/{thread}/stat", "rb", buffering=0) as stat:  # noqa: PTH123
                    states.append(stat.read(200).rpartition(b")")[2][1:2])
        return states

    def kill(self) -> None:
        """Send SIGKILL through a pidfd, which never names another process. Idempotent."""
        if self._open:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def has_ended(self) -> bool:
        """Whether it has ended. Not to be called after `close`."""
        ready = select.poll()
        ready.register(self.pidfd, select.POLLIN)
        return bool(ready.poll(0))

    def reap(self) -> ExitStatus:
        """The exit status of the process, which is killed if it still runs. Raises SandboxError if the fork server is gone,
        too."""
        if self._status is None:
            self.kill()
            self._status = self._wait()
        return self._status

    def close_output(self) -> None:
        """Stop listening: what the guest prints from now on fails with EPIPE. Idempotent."""
        if self.output >= 0:
            os.close(self.output)
            self.output = -1

    def close(self) -> None:
        """Kill it and close the host's descriptors. Idempotent."""
        if self._open:
            self.kill()
            self._open = False
            self.close_output()
            self._starved.close()
            for descriptor in (self.pidfd, self.to_guest, self.from_guest):
                os.close(descriptor)
            self.on_close()


class Starvation:
    """How long the main thread of a process waited for a core."""

    def __init__(self, pid: int) -> None:
        self._counts = -1
        with suppress(OSError):  # kept open: a reading takes some microseconds
            self._counts = os.open(f"/proc/{pid}/schedstat", os.O_RDONLY | os.O_CLOEXEC)

    def seconds(self) -> float:
        """Seconds so far; 0 if the kernel does not say, or the process is gone."""
        with suppress(OSError, IndexError, ValueError):
            return int(os.pread(self._counts, 100, 0).split()[1]) / 1e9
        return 0.0

    def close(self) -> None:
        """Close the descriptors. Idempotent."""
        if self._counts >= 0:
            os.close(self._counts)
            self._counts = -1


def _pid_of(pidfd: int) -> int:
    """The process id behind a pidfd in this process's pid namespace; -1 after it has been reaped."""
    status = os.open(f"/proc/self/fdinfo/{pidfd}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        text = os.read(status, 1024)
    finally:
        os.close(status)
    return int(text.partition(b"Pid:")[2].split(maxsplit=1)[0])
