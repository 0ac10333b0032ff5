"""The host's end of one fork server: start it, take guests from it one at a time, end it.

`jail` chooses the layers, and `session` talks to guests.
"""

from __future__ import annotations

import atexit
import errno
import os
import select
import signal
import socket
import subprocess
import threading
from contextlib import ExitStack, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO

from strop.base import interpreter
from strop.base.errors import OutOfThreads, SandboxError
from strop.base.user_modules import UserModule
from strop.sandbox import control
from strop.sandbox.child import Child, ExitStatus, exit_status
from strop.sandbox.confinement import hygiene
from strop.sandbox.layers import Layers
from strop.sandbox.watcher import RefusedCalls, Watcher

GUEST = Path(__file__).with_name("guest")
_HERE = Path(__file__).parent
_BOOTSTRAP = """
import sys, types
for name, folder in (("strop", sys.argv[2]), ("strop.sandbox", sys.argv[3])):
    sys.modules[name] = package = types.ModuleType(name)
    package.__path__ = [folder]
from strop.sandbox.fork_server import main
main()
"""
"""Packages without their `__init__`, so that a fork server does not load what the host imports."""
_START_SECONDS = 60.0
_ANSWER_SECONDS = 30.0
_GOODBYE_SECONDS = 2.0
STARTS = 3
"""Processes that are started in place of one that dies at once: somebody may have killed it."""


class ServerFailed(SandboxError):
    """The fork server could not apply its layers, or has died."""


class ServerLost(ServerFailed):
    """The fork server has died; another one may live."""


class ServerProcess:
    """A process that the template has forked."""

    def __init__(self, pid: int, pidfd: int) -> None:
        self.pid = pid
        self._pidfd = pidfd
        self._lock = threading.Lock()

    def end(self) -> None:
        """Kill it and wait for its end. Idempotent, and safe to call from many threads."""
        with self._lock:
            if self._pidfd < 0:
                return
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            ended = select.poll()
            ended.register(self._pidfd, select.POLLIN)
            ended.poll()
            os.close(self._pidfd)
            self._pidfd = -1


class TemplateProcess:
    """The process that all fork servers of this process are forked from; see `fork_server`. Safe to use from many threads.

    It starts when it is first needed, and ends when nothing was asked of it for a minute. A fork of this process starts one of
    its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._end: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._of_parents: list[subprocess.Popen[bytes] | None] = []
        atexit.register(self.close)
        os.register_at_fork(after_in_child=self._forget)

    def fork(self, end: socket.socket, errors: int) -> ServerProcess:
        """A new server, with this end of its control channel and this descriptor for its last words.

        Raises:
            OSError: the system gives no more processes or descriptors.
            ServerFailed: the template does not start.
        """
        with self._lock:
            words = ""
            for _ in range(STARTS + 1):  # the first may be one that has died since it was used last
                with suppress(control.ControlClosed):
                    return self._ask(self._end or self._start(), end, errors)
                words = self._stop()
            raise ServerFailed(f"a fork server does not start: {words or 'it ended at once'}")

    @property
    def pid(self) -> int | None:
        """Process id of the server; None while there is none."""
        return None if self._process is None else self._process.pid

    def close(self) -> None:
        """End the server. Idempotent."""
        with self._lock:
            self._stop()

    def _ask(self, own: socket.socket, end: socket.socket, errors: int) -> ServerProcess:
        try:
            control.send(own, {}, [end.fileno(), errors])
            message, descriptors = control.receive(own)
        except TimeoutError as error:
            raise control.ControlClosed from error
        if "server" not in message:
            number = int(str(message["failed"]))
            raise OSError(number, os.strerror(number))
        return ServerProcess(int(str(message["server"])), *descriptors)

    def _start(self) -> socket.socket:
        own, other = control.pair()
        own.settimeout(_START_SECONDS)
        folders = [str(_HERE.parent), str(_HERE), str(GUEST)]
        with ExitStack() as undo, other:
            undo.callback(own.close)
            self._process = subprocess.Popen(
                interpreter.python("-s", "-B", "-c", _BOOTSTRAP, str(other.fileno()), *folders),
                env=hygiene.environment(),
                pass_fds=[other.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                cwd="/",
                start_new_session=True,
            )
            undo.pop_all()
        self._end = own
        return own

    def _stop(self) -> str:
        """End the server; returns its last words."""
        process, self._process = self._process, None
        end, self._end = self._end, None
        if end is not None:
            end.close()
        if process is None:
            return ""
        with process:
            try:
                process.wait(_GOODBYE_SECONDS)  # it ends by itself, after its servers
            except subprocess.TimeoutExpired:
                process.kill()
            return _last_line(process.stderr)

    def _forget(self) -> None:
        """In a fork of the process that started it."""
        self._lock = threading.Lock()
        self._of_parents.append(self._process)  # its destructor would look for a child of this process
        if self._end is not None:
            self._end.close()
        self._end = self._process = None


template = TemplateProcess()


def _last_line(errors: IO[bytes] | None) -> str:
    words = b"" if errors is None else errors.read(4000)
    lines = words.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else ""


class ForkServer:
    """One confined process that forks guests. Use from one thread at a time."""

    def __init__(
        self,
        layers: Layers,
        memory_bytes: int,
        watcher: Watcher | None = None,
        module: UserModule | None = None,
    ) -> None:
        """Start it, without waiting until it is ready.

        Args:
            layers: what it must apply; it fails rather than apply less.
            memory_bytes: what each guest may map beyond what the interpreter has.
            watcher: answers forbidden calls and counts those of the guests; needed with `Layers.audit`.
            module: the user's module that guests load; they can import what it imports.
        """
        self.layers = layers
        """What it must apply."""
        self._report: dict[str, str] | None = None
        self._number = 0
        self.closed = False
        """Whether it was closed or was seen to have ended."""
        self._receiving = threading.Lock()
        self._watcher = watcher
        self._refused: RefusedCalls | None = None
        try:
            modules = [] if module is None else module.files
            plan = {"layers": asdict(layers), "memory_bytes": memory_bytes, "modules": modules}
            self._start(plan)
        except (control.ControlClosed, OSError) as error:
            # ulimit -u counts processes and threads alike
            if isinstance(error, OSError) and error.errno == errno.EAGAIN:
                raise OutOfThreads from error
            raise ServerFailed(f"a fork server does not start: {error or 'it ended at once'}") from error

    def _start(self, plan: control.Message) -> None:
        self._end, other = control.pair()
        self._end.settimeout(_START_SECONDS)
        with ExitStack() as undo, other:
            undo.callback(self._end.close)
            errors, theirs = os.pipe()
            self._errors = os.fdopen(errors, "rb")
            undo.callback(self._errors.close)
            try:
                self._process = template.fork(other, theirs)
            finally:
                os.close(theirs)
            undo.callback(self.close)
            control.send_sealed(self._end, {"plan": True}, plan)
            undo.pop_all()

    @property
    def report(self) -> dict[str, str]:
        """The server's status of each layer; waits until it is ready. Raises ServerFailed."""
        if self._report is None:
            message, listeners = self._receive()
            if "ready" not in message:
                self.close()
                why = f"the fork server could not confine itself: {message.get('failed')}"
                raise ServerFailed(why) from control.system_error(message)
            self._report = dict(message["ready"])  # type: ignore[call-overload]
            self._end.settimeout(_ANSWER_SECONDS)
            for listener in listeners:
                self._watcher.add(listener) if self._watcher is not None else os.close(listener)
        return self._report

    def ready(self) -> bool:
        """Whether `take` would return at once."""
        ready = select.poll()
        ready.register(self._end.fileno(), select.POLLIN)
        return bool(ready.poll(0))

    def take(self) -> Child:
        """The next guest, fresh and confined. The previous one must have been closed or reaped. Raises ServerFailed."""
        _ = self.report
        while True:
            message, descriptors = self._receive()
            if "child" in message:
                break
        self._number += 1
        number = self._number
        pidfd, to_guest, from_guest, output = descriptors
        try:
            child = Child(
                pidfd=pidfd, to_guest=to_guest, from_guest=from_guest, output=output, wait=lambda: self._ended(number)
            )
        except OSError as error:
            for descriptor in descriptors:
                os.close(descriptor)
            self.close()
            raise ServerFailed(f"a guest cannot be taken from its fork server: {error}") from error
        if child.has_ended():
            child.close()
            self.close()
            raise ServerFailed("the fork server's guest was killed while it waited for work")
        self._follow(child)
        return child

    def close(self) -> None:
        """End the server and its guest. Idempotent."""
        if not self.closed:
            self.closed = True
            self._process.end()
            with suppress(OSError):
                self._end.shutdown(socket.SHUT_RDWR)  # a thread that waits for a message stops waiting
            with self._receiving:  # its descriptor is not closed, or another thing's by then, while that thread uses it
                self._end.close()
            if self._watcher is not None and self._refused is not None:
                self._watcher.forget(self._refused)
            self._errors.close()

    def _follow(self, child: Child) -> None:
        """Count the forbidden calls of this guest, and stop counting those of the previous one."""
        if self._watcher is not None:
            if self._refused is not None:
                self._watcher.forget(self._refused)
            self._refused = self._watcher.follow(child.pid)
            child.denied = self._refused.take

    def _ended(self, number: int) -> ExitStatus:
        message, _ = self._receive()
        if "ended" not in message or number != self._number:
            raise ServerFailed("the fork server reported the end of an unexpected guest")
        status = exit_status(message)
        # As the kernel's own filter would end it.
        return (
            replace(status, signal=signal.SIGSYS) if self._refused is not None and self._refused.was_ended else status
        )

    def _receive(self) -> tuple[control.Message, list[int]]:
        try:
            with self._receiving:
                return control.receive(self._end)
        except (control.ControlClosed, TimeoutError, OSError) as error:
            detail = self._last_words() if isinstance(error, control.ControlClosed) else str(error)
            self.close()
            raise ServerLost(f"the fork server is gone: {detail}") from error

    def _last_words(self) -> str:
        self._process.end()
        with suppress(ValueError):  # another thread has closed it: the sandbox is being stopped
            return _last_line(self._errors) or "it was killed, or ended without a word"
        return "the sandbox is closed"
