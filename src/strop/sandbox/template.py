"""Processes that others are forked from, as the host sees them. They have imported what the forks need, which takes ten times as
long as everything else. `forks` runs in them.

A template is executed before anything is known and holds nothing but code. What the kernel lets a process change of itself and
hands on to its children (limits, filters, cgroups, namespaces, rights, processors) is part of a template: when the host has
changed it, the next process comes from a new template, as if the host had started it.
"""

from __future__ import annotations

import atexit
import os
import select
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from strop.sandbox import control

STARTS = 3
"""How often a process that dies at once is started again: somebody may have killed it."""
_ANSWER_SECONDS = 60.0
_STATUS_SECONDS = 5.0
_OWN = "/proc/thread-self"
_STATUS = ("Umask", "Uid", "Gid", "Groups", "Cap", "NoNewPrivs", "Seccomp", "Cpus_allowed:", "Mems_allowed:")
"""Lines of /proc/thread-self/status with what children inherit."""
_NAMESPACES = ("cgroup", "ipc", "mnt", "net", "pid_for_children", "time_for_children", "user", "uts")


class ForkedProcess:
    """A process that a template has forked. Safe to use from many threads."""

    def __init__(self, pid: int, stderr: int, pidfd: int, status_pipe: int = -1) -> None:
        """`stderr`: the file of its standard error. `status_pipe`: a pipe that gets its exit status; -1 for none."""
        self.pid = pid
        self.returncode: int | None = None
        """Its exit status, negative if a signal ended it; that of SIGKILL where no template reports it. None until it was waited
        for."""
        self.last_words = ""
        """The last line that it wrote to its standard error; empty until it was waited for."""
        self._pidfd, self._stderr, self._status_pipe = pidfd, stderr, status_pipe
        self._lock = threading.Lock()

    def kill(self) -> None:
        """Kill it, without waiting for its end. Idempotent."""
        with self._lock, suppress(ProcessLookupError):
            if self._pidfd >= 0:
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for its end, at most `seconds`. Returns whether it has ended."""
        with self._lock:
            if self._pidfd >= 0 and _readable(self._pidfd, seconds):
                # The pipe of a template that was killed is empty.
                status = os.read(self._status_pipe, 16) if _readable(self._status_pipe, _STATUS_SECONDS) else b""
                self.returncode = int(status or -signal.SIGKILL)
                self.last_words = _last_line(self._stderr)
                for descriptor in {self._pidfd, self._status_pipe} - {-1}:
                    os.close(descriptor)
                self._pidfd = self._status_pipe = -1
            return self._pidfd < 0

    def end(self) -> None:
        """Kill it and wait for its end. Idempotent."""
        self.kill()
        self.wait()


class Template:
    """A process that others of this process are forked from. Safe to use from many threads.

    It starts when it is first needed, or with `begin`. A new one takes its place once somebody has killed it, its variables would
    be different now, or what it inherited has changed. A fork of this process starts a template of its own.
    """

    def __init__(self, command: Callable[[int], list[str]], variables: Callable[[], Mapping[str, str]]) -> None:
        """`command`: its command line, with the descriptor of its channel; `variables`: the whole environment that it gets."""
        self._command, self._variables = command, variables
        self._lock = threading.Lock()
        self._end: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._stderr = -1
        self._born: object = None
        self._of_parents: list[subprocess.Popen[bytes] | None] = []
        atexit.register(self.close)
        os.register_at_fork(after_in_child=self._forget)

    @property
    def pid(self) -> int | None:
        """The template's process id; None while this process has started none."""
        return None if self._process is None else self._process.pid

    def begin(self) -> None:
        """Start the template, unless it runs, without waiting for it. A failure is reported when the template is needed."""
        with self._lock, suppress(OSError):
            if self._end is None:
                self._current()

    def fork(self, *descriptors: int, tells: bool = False) -> ForkedProcess:
        """A new process with these descriptors. `tells`: the template reports its exit status, for `returncode`.

        Raises:
            OSError: the system gives no more processes or descriptors.
            ControlClosed: the template does not start; with its last words.
        """
        stderr = _stderr_file()
        try:
            request = {"fork": True, "tells": True} if tells else {"fork": True}
            message, handles = self._exchange(request, [stderr, *descriptors])
        except BaseException:
            os.close(stderr)
            raise
        return ForkedProcess(int(str(message["forked"])), stderr, *handles)

    def joined(self) -> socket.socket:
        """A further channel to it, for another process to `join`. Raises OSError and ControlClosed, as `fork` does."""
        own, other = control.pair()
        with other:
            self._exchange({"joins": True}, [other.fileno()])
        return own

    def join(self, channel: socket.socket) -> None:
        """Use the template of another process, which made the channel with `joined`, until it is gone."""
        with self._lock:
            self._end, self._born = channel, self._now()
            self._end.settimeout(_ANSWER_SECONDS)

    def close(self) -> None:
        """End it. Idempotent."""
        with self._lock:
            self._stop()

    def _exchange(self, message: control.Message, descriptors: list[int]) -> tuple[control.Message, list[int]]:
        with self._lock:
            last_line = ""
            for _ in range(STARTS + 1):  # the first may have died since it was used last
                try:
                    end = self._current()
                    control.send(end, message, descriptors)
                    answer, received = control.receive(end)
                except (control.ControlClosed, TimeoutError):
                    last_line = self._stop()
                except BaseException:  # else its answer would be read as that to the next question
                    self._stop()
                    raise
                else:
                    self._last_words()  # it has begun, and its descriptor is needed no more
                    if "failed" in answer:
                        number = int(str(answer["failed"]))
                        raise OSError(number, os.strerror(number))
                    return answer, received
            raise control.ControlClosed(last_line or "it ended at once")

    def _current(self) -> socket.socket:
        """The channel of the template, as it would be started now. Raises OSError."""
        now = self._now()
        if self._end is not None and now != self._born:
            self._stop()
        if self._end is None:
            self._start()
            self._born = now
        assert self._end is not None
        return self._end

    def _start(self) -> None:
        self._end, other = control.pair()
        self._end.settimeout(_ANSWER_SECONDS)
        with other:
            self._stderr = _stderr_file()
            self._process = subprocess.Popen(
                self._command(other.fileno()),
                env=dict(self._variables()),
                pass_fds=[other.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._stderr,
                cwd="/",
                start_new_session=True,
            )

    def _stop(self) -> str:
        """End the template; returns the last line of its standard error."""
        if self._end is not None:
            self._end.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._end = self._process = None
        return self._last_words()

    def _last_words(self) -> str:
        """The last line of the template's standard error, whose file is closed; empty if it is closed already."""
        stderr, self._stderr = self._stderr, -1
        return _last_line(stderr) if stderr >= 0 else ""

    def _now(self) -> object:
        """What may change of what a new process inherits from the calling thread, as it is now."""
        status, limits, cgroup = (Path(_OWN, name).read_text() for name in ("status", "limits", "cgroup"))
        inherited = [line for line in status.splitlines() if line.startswith(_STATUS)]
        spaces = [link.readlink() for link in (Path(_OWN, "ns", name) for name in _NAMESPACES) if link.is_symlink()]
        # HOME and PATH only serve to find programs, and a template has found all that it needs.
        variables = {name: value for name, value in self._variables().items() if name not in ("HOME", "PATH")}
        return variables, inherited, limits, cgroup, spaces, os.getpriority(os.PRIO_PROCESS, 0)

    def _forget(self) -> None:
        """Forget the template, in a fork of the process that started it."""
        self._lock = threading.Lock()
        self._of_parents.append(self._process)  # its destructor would look for a child of this process
        self._process = None
        self._stop()


def _stderr_file() -> int:
    """A file for the standard error of a process: unlike a pipe it is never full."""
    return os.memfd_create("strop-words", os.MFD_CLOEXEC)


def _last_line(file: int) -> str:
    """The last line of a file of standard error, which is closed."""
    lines = os.pread(file, 1 << 16, 0).decode("utf-8", "replace").strip().splitlines()
    os.close(file)
    return lines[-1] if lines else ""


def _readable(descriptor: int, seconds: float | None) -> bool:
    """Whether there is something to read, or an end, within so many seconds; false for the descriptor -1."""
    if descriptor < 0:
        return False
    ready = select.poll()
    ready.register(descriptor, select.POLLIN)
    return bool(ready.poll(None if seconds is None else seconds * 1000))
