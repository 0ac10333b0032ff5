"""The host's end of one fork server: start it, take guests from it one at a time, end it.

`jail` chooses the layers, and `session` talks to guests.
"""

from __future__ import annotations

import errno
import os
import select
import signal
import socket
import threading
from contextlib import ExitStack, suppress
from dataclasses import asdict, replace
from pathlib import Path

from strop.base import interpreter
from strop.base.errors import OutOfThreads, SandboxError
from strop.sandbox import control
from strop.sandbox.child import Child, ExitStatus, exit_status
from strop.sandbox.confinement import hygiene
from strop.sandbox.layers import Layers
from strop.sandbox.template import Template
from strop.sandbox.watcher import RefusedCalls, Watcher

GUEST = Path(__file__).with_name("guest")
_FOLDERS = [str(folder) for folder in (GUEST.parents[1], GUEST.parent, GUEST)]
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


class ServerFailed(SandboxError):
    """The fork server could not apply its layers, or has died."""


class ServerLost(ServerFailed):
    """The fork server has died, which says nothing about the next one."""


server_template = Template(
    lambda channel: interpreter.python("-s", "-B", "-c", _BOOTSTRAP, str(channel), *_FOLDERS), hygiene.environment
)
"""The process that all fork servers of this process are forked from; see `fork_server`."""


class ForkServer:
    """One confined process that forks guests. Use from one thread at a time."""

    def __init__(
        self,
        layers: Layers,
        memory_bytes: int,
        watcher: Watcher | None = None,
    ) -> None:
        """Start it, without waiting until it is ready.

        Args:
            layers: what the server must apply; it fails rather than apply less.
            memory_bytes: address space that each guest may map beyond the interpreter's.
            watcher: answers forbidden calls and counts those of the guests; needed with `Layers.audit`.
        """
        self.layers = layers
        """The layers that the server must apply."""
        self._report: dict[str, str] | None = None
        self._number = 0
        self.closed = False
        """Whether the server was closed, or has been seen to have ended."""
        self._receiving = threading.Lock()
        self._watcher = watcher
        self._refused: RefusedCalls | None = None
        try:
            plan = {"layers": asdict(layers), "memory_bytes": memory_bytes}
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
            self._process = server_template.fork(other.fileno())
            undo.callback(self.close)
            control.send_with(self._end, {"plan": True}, plan)
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
            self._report = dict(message["ready"])
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
            with self._receiving:  # not while that thread still uses the descriptor
                self._end.close()
            if self._watcher is not None and self._refused is not None:
                self._watcher.forget(self._refused)

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
        # A guest that was killed for its refused calls ends as the kernel's own filter would end it.
        return (
            replace(status, signal=signal.SIGSYS) if self._refused is not None and self._refused.was_ended else status
        )

    def _receive(self) -> tuple[control.Message, list[int]]:
        try:
            with self._receiving:
                return control.receive(self._end)
        except (control.ControlClosed, TimeoutError, OSError) as error:
            detail = "" if isinstance(error, control.ControlClosed) else str(error)
            self.close()
            detail = detail or self._process.last_words or "it was killed, or ended without a word"
            raise ServerLost(f"the fork server is gone: {detail}") from error
