"""Guests in ordinary processes: the real guest program and the real session, with no confinement at all.

For tests of the protocol, and for control runs that show what the jail prevents. Never use it for a program that nobody has read:
the program runs with your rights.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import strop.sandbox
from strop.sandbox.base import GuestProgram, Handler, Limits
from strop.sandbox.child import ExitStatus, Starvation
from strop.sandbox.session import Session

GUEST = Path(strop.sandbox.__file__).parent / "guest" / "main.py"


class PlainChild:
    """A process that runs `guest/main.py`, as a `strop.sandbox.link.ChildLike`."""

    def __init__(self) -> None:
        guest_input, self.to_guest = os.pipe()
        self.from_guest, guest_output = os.pipe()
        self.output, guest_stdout = os.pipe()
        # PR_SET_PDEATHSIG: a guest that loops does not outlive a test run that was killed.
        start = "import ctypes; ctypes.CDLL(None).prctl(1, 9); "
        start += f"import os; os.dup2({guest_input}, 3); os.dup2({guest_output}, 4); os.closerange(5, 64); "
        run = (
            f"import runpy, sys; sys.path.insert(0, {str(GUEST.parent)!r}); runpy.run_path({str(GUEST)!r})['run'](3, 4)"
        )
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-B", "-c", start + run],
            stdin=subprocess.DEVNULL,
            stdout=guest_stdout,
            stderr=guest_stdout,
            pass_fds=(guest_input, guest_output),
            env={"OPENBLAS_NUM_THREADS": "1"},
        )
        for descriptor in (guest_input, guest_output, guest_stdout):
            os.close(descriptor)
        self.pid = self._process.pid
        self.denied: Callable[[], Mapping[str, int]] = dict  # nothing is refused
        self.pidfd = os.pidfd_open(self.pid)
        self._starved = Starvation(self._process.pid)
        self._status: ExitStatus | None = None
        self._cpu_seconds = 0.0
        self._open = True

    def cpu_seconds(self) -> float:
        """CPU time so far; after the end the last reading."""
        with suppress(OSError):
            self._cpu_seconds = time.clock_gettime((~self.pid << 3) | 2)
        return self._cpu_seconds

    def thread_states(self) -> list[bytes]:
        """Nobody asks here."""
        return []

    def starved_seconds(self) -> float:
        """How long it was ready to run and had no core."""
        return self._starved.seconds()

    def reap(self) -> ExitStatus:
        """Kill it if it still runs, and wait for its status."""
        if self._status is None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
            _, status, usage = os.wait4(self.pid, 0)
            code = self._process.returncode = os.waitstatus_to_exitcode(status)
            exited, killed_by = (code, None) if code >= 0 else (None, -code)
            self._status = ExitStatus(exited, killed_by, usage.ru_utime + usage.ru_stime, usage.ru_maxrss << 10)
        return self._status

    def close_output(self) -> None:
        """Stop listening to what it prints. Idempotent."""
        if self.output >= 0:
            os.close(self.output)
            self.output = -1

    def close(self) -> None:
        """Kill it and close the host's descriptors. Idempotent."""
        if self._open:
            self._open = False
            self.reap()
            self._starved.close()
            self.close_output()
            for descriptor in (self.pidfd, self.to_guest, self.from_guest):
                os.close(descriptor)


class PlainSandbox:
    """A `Sandbox` that confines nothing."""

    def open(self, program: GuestProgram, limits: Limits, handlers: Mapping[str, Handler] | None = None) -> Session:
        """A guest for `program`, in an ordinary process."""
        return Session(program, limits, PlainChild, handlers)

    def close(self) -> None:
        """Do nothing: nothing is kept between guests."""
