"""The host's descriptors of one child: frames not yet written, bytes read and printed, and whether it is alive.

`Link` moves bytes and reads the kernel's clock. `session` interprets them.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import islice
from typing import Protocol

from strop.base.errors import GuestLost, SandboxError
from strop.sandbox.base import Died, Limits, Outcome, OutOfMemory, TimedOut
from strop.sandbox.child import ExitStatus
from strop.sandbox.confinement.filters import OF_OTHERS
from strop.sandbox.wire import FrameReader

CHUNK = 1 << 16
PIPE_BYTES = 1 << 20
"""Size of the pipe to a guest that gets several orders at once."""
FRAMES_AT_ONCE = 64
GRACE_MILLISECONDS = 2000
"""How long to wait for the exit of a child that closed its pipe, so that its own exit status is reported. The kernel closes the
pipes of a killed process before it reports the exit, which a busy machine delays. A child that keeps running is then killed."""


_LOOK = 0.001
"""Seconds between two looks at whether a child still runs. One with threads has settled if none runs at two looks in a row: they
may wait for each other in between."""


class ChildLike(Protocol):
    """What a session needs from a child that runs `guest/main.py`: `strop.sandbox.child.Child`, or a plain process in tests."""

    pidfd: int
    """Readable once the process has ended."""
    to_guest: int
    from_guest: int
    output: int
    """What the guest writes to its standard output and error."""
    denied: Callable[[], Mapping[str, int]]
    """System calls refused to it since this was called last, by name."""

    def cpu_seconds(self) -> float:
        """CPU time of the process so far, all threads, from the kernel; the last reading after its end."""

    def starved_seconds(self) -> float:
        """How long its main thread was ready to run but had no core; 0 if the kernel does not count it."""

    def thread_states(self) -> list[bytes]:
        """The state of each of its threads, as the kernel writes it: `R` runs, or is ready to and waits for a core."""

    def reap(self) -> ExitStatus:
        """Kill it if it still runs, and wait for its status."""

    def close_output(self) -> None:
        """Stop listening to what it prints. Idempotent."""

    def close(self) -> None:
        """Kill it and close the host's descriptors. Idempotent."""


class Link:
    """One child, from its first frame to its end."""

    def __init__(self, child: ChildLike, limits: Limits, *, strict: bool = True, reads_once: bool = False) -> None:
        """For `strict` and `reads_once` see `FrameReader`."""
        self._child, self._limits = child, limits
        self._outgoing: deque[memoryview] = deque()
        self._output = bytearray()
        self._output_reported = 0
        self._hung_up = self._ended_itself = False
        self._is_wide = False
        self._cpu = self._cpu_mark = child.cpu_seconds()
        self._starved_mark = child.starved_seconds()
        self.frames = FrameReader(limits.reply_bytes, strict=strict, reads_once=reads_once)
        self.dead = False
        """Whether the process has ended or closed its pipe, so that nothing more can arrive."""
        for descriptor in (child.to_guest, child.from_guest, child.output):
            os.set_blocking(descriptor, False)

    @property
    def unsent(self) -> int:
        """How many frames are not yet written to the guest."""
        return len(self._outgoing)

    def send(self, *frames: bytes) -> None:
        """Write as much of the frames as the pipe has room for; `poll` writes the rest."""
        self._outgoing.extend(map(memoryview, frames))
        if len(frames) > 1:
            self._widen()
        self._write()

    def poll(self, wake: int, *, reading: bool, seconds: float) -> bool:
        """Read and write what is possible, waiting at most `seconds` for the first event. Returns whether `wake` is readable.

        With `reading` False, nothing is read from the guest, so it blocks once its pipe is full.
        """
        child, poll = self._child, select.poll()
        if wake >= 0:
            poll.register(wake, select.POLLIN)
        poll.register(child.pidfd, select.POLLIN)
        if self._outgoing:
            poll.register(child.to_guest, select.POLLOUT)
        if reading:
            poll.register(child.from_guest, select.POLLIN)
        if child.output >= 0:
            poll.register(child.output, select.POLLIN)
        ready = {descriptor for descriptor, _ in poll.poll(seconds * 1000)}
        if child.to_guest in ready:
            self._write()
        if child.pidfd in ready:
            self._drain()
        elif child.from_guest in ready:
            self._read()
        if child.output in ready:
            self._read_output()
        if self._hung_up and not self.dead:
            self._await_end()
        return wake in ready

    def read_now(self) -> None:
        """Read what has arrived."""
        if not (self.dead or self._hung_up):
            self._read()

    def cpu_since_call(self) -> float:
        """CPU seconds since the last call ended, or since the child was taken, so work between calls counts."""
        self._cpu = max(self._cpu, self._child.cpu_seconds())  # the clock of a process that has ended may say 0
        return self._cpu - self._cpu_mark

    def cpu_of_call(self) -> float:
        """CPU seconds of a call that was answered. If the guest has ended, and its clock with it, wait4 has counted them.

        Raises:
            GuestLost: its server died too.
        """
        spent, ended = self.cpu_since_call(), select.poll()
        ended.register(self._child.pidfd, select.POLLIN)
        if ended.poll(0):
            spent = max(spent, self._status().cpu_seconds - self._cpu_mark)
            self._cpu = self._cpu_mark + spent
        return spent

    def settle(self, most: float) -> float:
        """Wait until no thread of the child runs, at most `most` seconds. Returns the CPU seconds that it used since its last
        call."""
        until, quiet = time.monotonic() + most, 0
        while time.monotonic() < until:
            states = self._child.thread_states()
            quiet = 0 if b"R" in states else quiet + 1
            if quiet >= min(len(states), 2):
                break
            time.sleep(_LOOK)
        used = self.cpu_since_call()
        self._cpu_mark += used
        return used

    def starved_since_call(self) -> float:
        """Seconds since the last call ended in which the guest was ready to run but had no core."""
        return max(self._child.starved_seconds() - self._starved_mark, 0.0)

    def end_call(self) -> str:
        """End the accounts of a call; return what the guest printed in it."""
        if self._child.output >= 0:
            self._read_output()
        self._cpu_mark += self.cpu_since_call()
        self._starved_mark = self._child.starved_seconds()
        begin, self._output_reported = self._output_reported, len(self._output)
        return self._output[begin:].decode("utf-8", "replace")

    def denied(self) -> Mapping[str, int]:
        """System calls refused to the guest since this was called last, by name."""
        return self._child.denied()

    def alive(self) -> bool:
        """Whether the child is alive between two calls. Anything it sent out of turn is in `frames`."""
        self._read()
        return not (self.dead or self._hung_up)

    def death(self) -> Outcome:
        """The outcome of a child that is `dead` and gave no answer.

        Raises:
            GuestLost: its server died too, or it was killed. In the bare room a program cannot send itself these signals
                (`filters`); in a tree it can, by a limit of its own, and is measured again (`JailedWorker.measure`).
        """
        limits = self._limits
        status = self._status()
        self._cpu = max(self._cpu, status.cpu_seconds)
        if self._hung_up and status.signal == signal.SIGKILL and not self._ended_itself:
            return Died("closed its pipe to the host")
        if status.signal == signal.SIGXCPU or self.cpu_since_call() >= limits.cpu_seconds:
            return TimedOut("cpu", limits.cpu_seconds)
        if status.signal == signal.SIGKILL and 2 * status.max_rss_bytes >= limits.memory_bytes:
            return OutOfMemory(limits.memory_bytes)
        if status.signal in OF_OTHERS:
            raise GuestLost(f"a program was killed, not by strop ({status.describe()})")
        return Died(status.describe())

    def _status(self) -> ExitStatus:
        try:
            return self._child.reap()
        except SandboxError as error:
            raise GuestLost(str(error)) from error

    def close(self) -> None:
        """Kill the child and close its descriptors. Idempotent."""
        self._child.close()

    def _widen(self) -> None:
        """Make room in the pipe for the orders of several calls, so that host and guest need not take turns."""
        if not self._is_wide and hasattr(fcntl, "F_SETPIPE_SZ"):
            self._is_wide = True
            with suppress(OSError):  # a user may have only so much room in pipes
                fcntl.fcntl(self._child.to_guest, fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    def _write(self) -> None:
        try:
            # all frames in one call, because each write would wake the guest for a part of its order
            while self._outgoing:
                written = os.writev(self._child.to_guest, list(islice(self._outgoing, FRAMES_AT_ONCE)))
                while written > 0:
                    frame = self._outgoing.popleft()
                    if written < len(frame):
                        self._outgoing.appendleft(frame[written:])
                    written -= len(frame)
        except BlockingIOError:
            pass
        except BrokenPipeError:
            self._outgoing.clear()  # it will never read again; what it still sends, or its exit status, decides

    def _read(self) -> bool:
        """Read once; False if nothing is there."""
        try:
            data = os.read(self._child.from_guest, CHUNK)
        except BlockingIOError:
            return False
        self._hung_up = self._hung_up or not data
        self.frames.feed(data)
        return bool(data)

    def _drain(self) -> None:
        """Read what an ended process left in its pipe, at most the pipe's capacity."""
        while self._read():
            pass
        self._ended_itself = self.dead = True

    def _await_end(self) -> None:
        poll = select.poll()
        poll.register(self._child.pidfd, select.POLLIN)
        self._ended_itself = bool(poll.poll(GRACE_MILLISECONDS))
        self.dead = True

    def _read_output(self) -> None:
        """Keep output up to the limit, then stop reading: later output is dropped."""
        child, limit = self._child, self._limits.output_bytes
        try:
            while child.output >= 0:
                data = os.read(child.output, CHUNK)
                self._output += data[: limit - len(self._output)]
                if not data or len(self._output) >= limit:
                    child.close_output()
        except BlockingIOError:
            pass
