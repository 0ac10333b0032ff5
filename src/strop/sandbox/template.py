"""Processes that others are forked from, as the host sees them: they have imported what those need, which takes ten times as
long as everything else. `forks` is what runs in them.

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
"""Processes that are started in place of one that dies at once: somebody may have killed it."""
_ANSWER_SECONDS = 60.0
_STATUS_SECONDS = 5.0
_OWN = "/proc/thread-self"
_STATUS = ("Umask", "Uid", "Gid", "Groups", "Cap", "NoNewPrivs", "Seccomp", "Cpus_allowed:", "Mems_allowed:")
"""Lines of /proc/thread-self/status of what children inherit."""
_NAMESPACES = ("cgroup", "ipc", "mnt", "net", "pid_for_children", "time_for_children", "user", "uts")


class ForkedProcess:
    """A process that a template has forked. Safe to use from many threads."""

    def __init__(self, pid: int, words: int, pidfd: int, told: int = -1) -> None:
        """`words`: the file that is its standard error; `told`: a pipe that gets its exit status, unless it is -1."""
        self.pid = pid
        self.returncode: int | None = None
        """Its exit status, negative if a signal ended it: SIGKILL, where no template tells it. None until it was waited for."""
        self.last_words = ""
        """The last line that it wrote to its standard error. Known once it was waited for."""
        self._pidfd, self._words, self._told = pidfd, words, told
        self._lock = threading.Lock()

    def kill(self) -> None:
        """Kill it, without waiting for its end. Idempotent."""
        with self._lock, suppress(ProcessLookupError):
            if self._pidfd >= 0:
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for its end, at most so long; whether it has ended."""
        with self._lock:
            if self._pidfd >= 0 and _readable(self._pidfd, seconds):
                # The pipe of a template that was killed is empty.
                said = os.read(self._told, 16) if _readable(self._told, _STATUS_SECONDS) else b""
                self.returncode = int(said or -signal.SIGKILL)
                self.last_words = _last_line(self._words)
                for descriptor in {self._pidfd, self._told} - {-1}:
                    os.close(descriptor)
                self._pidfd = self._told = -1
            return self._pidfd < 0

    def end(self) -> None:
        """Kill it and wait for its end. Idempotent."""
        self.kill()
        self.wait()


class Template:
    """A process that others of this process are forked from. Safe to use from many threads.

    It starts when it is first needed, or with `begin`, and is replaced when somebody has killed it, when it would be started with
    other variables by now, and when what it inherited has changed. A fork of this process starts one of its own."""

    def __init__(self, command: Callable[[int], list[str]], variables: Callable[[], Mapping[str, str]]) -> None:
        """`command`: its command line, with the descriptor of its channel; `variables`: the whole environment that it gets."""
        self._command, self._variables = command, variables
        self._lock = threading.Lock()
        self._end: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._words = -1
        self._born: object = None
        self._of_parents: list[subprocess.Popen[bytes] | None] = []
        atexit.register(self.close)
        os.register_at_fork(after_in_child=self._forget)

    @property
    def pid(self) -> int | None:
        """Its process id; None while there is none that this process has started."""
        return None if self._process is None else self._process.pid

    def begin(self) -> None:
        """Start it, unless it is there, without waiting for it. A failure is told where it is needed."""
        with self._lock, suppress(OSError):
            if self._end is None:
                self._current()

    def fork(self, *descriptors: int, tells: bool = False) -> ForkedProcess:
        """A new process with these descriptors. `tells`: its `returncode` is asked for.

        Raises:
            OSError: the system gives no more processes or descriptors.
            ControlClosed: the template does not start; with its last words.
        """
        words = _file_for_words()
        try:
            asked = {"fork": True, "tells": True} if tells else {"fork": True}
            message, handles = self._asked(asked, [words, *descriptors])
        except BaseException:
            os.close(words)
            raise
        return ForkedProcess(int(str(message["forked"])), words, *handles)

    def joined(self) -> socket.socket:
        """A further channel to it, for another process to `join`. Raises OSError and ControlClosed, as `fork` does."""
        own, other = control.pair()
        with other:
            self._asked({"joins": True}, [other.fileno()])
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

    def _asked(self, message: control.Message, descriptors: list[int]) -> tuple[control.Message, list[int]]:
        with self._lock:
            words = ""
            for _ in range(STARTS + 1):  # the first may be one that has died since it was used last
                try:
                    end = self._current()
                    control.send(end, message, descriptors)
                    answer, received = control.receive(end)
                except (control.ControlClosed, TimeoutError):
                    words = self._stop()
                except BaseException:  # else its answer would be taken for that to the next question
                    self._stop()
                    raise
                else:
                    self._last_words()  # it has begun, and its descriptor is needed no more
                    if "failed" in answer:
                        number = int(str(answer["failed"]))
                        raise OSError(number, os.strerror(number))
                    return answer, received
            raise control.ControlClosed(words or "it ended at once")

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
            self._words = _file_for_words()
            self._process = subprocess.Popen(
                self._command(other.fileno()),
                env=dict(self._variables()),
                pass_fds=[other.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._words,
                cwd="/",
                start_new_session=True,
            )

    def _stop(self) -> str:
        """End it; returns its last words."""
        if self._end is not None:
            self._end.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._end = self._process = None
        return self._last_words()

    def _last_words(self) -> str:
        """What it has said, which is asked for once."""
        words, self._words = self._words, -1
        return _last_line(words) if words >= 0 else ""

    def _now(self) -> object:
        """What a process that is started now inherits from the calling thread, of what may change."""
        status, limits, cgroup = (Path(_OWN, name).read_text() for name in ("status", "limits", "cgroup"))
        kept = [line for line in status.splitlines() if line.startswith(_STATUS)]
        spaces = [each.readlink() for each in (Path(_OWN, "ns", name) for name in _NAMESPACES) if each.is_symlink()]
        # Programs find others by these two, and none of them has to be found again.
        variables = {name: value for name, value in self._variables().items() if name not in ("HOME", "PATH")}
        return variables, kept, limits, cgroup, spaces, os.getpriority(os.PRIO_PROCESS, 0)

    def _forget(self) -> None:
        """In a fork of the process that started it."""
        self._lock = threading.Lock()
        self._of_parents.append(self._process)  # its destructor would look for a child of this process
        self._process = None
        self._stop()


def _file_for_words() -> int:
    """A file for the standard error of a process: unlike a pipe it is never full."""
    return os.memfd_create("strop-words", os.MFD_CLOEXEC)


def _last_line(words: int) -> str:
    """The last line of a file for words, which is closed."""
    lines = os.pread(words, 1 << 16, 0).decode("utf-8", "replace").strip().splitlines()
    os.close(words)
    return lines[-1] if lines else ""


def _readable(descriptor: int, seconds: float | None) -> bool:
    """Whether there is something to read, or an end, within so many seconds; of no descriptor there is not."""
    if descriptor < 0:
        return False
    ready = select.poll()
    ready.register(descriptor, select.POLLIN)
    return bool(ready.poll(None if seconds is None else seconds * 1000))
