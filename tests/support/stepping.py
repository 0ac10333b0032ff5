"""The real jail, held at exactly known steps of a call, so that something can be killed there.

`SteppingSandbox` has a few places at which its own threads pass: where a server has been started, where a guest has been taken or
is let go, and where the session, between writing and reading, looks at the guest's clock. There it waits until the kernel says
that the step is reached (how much lies in which pipe), and then calls `on_step` with the processes concerned. No step is found
by sleeping and hoping.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import socket
import struct
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from strop.sandbox.base import GuestProgram
from strop.sandbox.child import Child
from strop.sandbox.fork_server_host import ForkServer, server_template
from strop.sandbox.jail import JailedSandbox, Pool, Servers
from strop.sandbox.layers import Layers
from strop.sandbox.template import ForkedProcess
from support.processes import descendants, parent_of, stopped, wait_until


@dataclass(frozen=True)
class Family:
    """The processes of one call, which a test may kill."""

    server: int
    """The process that forks guests."""
    stub: int | None = None
    """Its parent, which holds the pid namespace where there is one."""
    child: int | None = None
    """The guest."""

    @classmethod
    def of_child(cls, child: int) -> Family:
        server = parent_of(child)
        above = parent_of(server)
        return cls(server, None if above == server_template.pid else above, child)

    @classmethod
    def of_server(cls, server: ForkServer) -> Family:
        """Of one that nobody uses: before it has entered its namespaces without a stub, later perhaps with a guest."""
        assert isinstance(server, ForkServer)
        started = server._process.pid
        below = descendants(started)
        own, stub = (below.pop(0), started) if server.layers.namespaces and below else (started, None)
        return cls(own, stub, below[0] if below else None)

    def all(self) -> list[int]:
        """Every process of it, the guest first."""
        return [pid for pid in (self.child, self.server, self.stub) if pid is not None]


OnStep: TypeAlias = Callable[[Family], None]
"""Called with the processes of a call when the call has reached the step."""


@dataclass
class Hooks:
    """What the sandbox's threads do where they pass next; each is called once."""

    passed_over: int = 0
    """The number of guests that pass first without a hook."""
    started: Callable[[ForkServer], None] | None = None
    acquired: Callable[[Child], None] | None = None
    reached: Callable[[Child], bool] | None = None
    """Waited for by the session's thread, after it has written what the pipe has room for; `held` follows."""
    held: OnStep | None = None
    closing: OnStep | None = None
    closed: OnStep | None = None


class SteppingSandbox(JailedSandbox):
    """The real jail, whose threads call `hooks` where they pass; those of guests for solutions only."""

    def __init__(self, layers: Layers) -> None:
        self.hooks = Hooks()
        self.last: dict[str, Family] = {}
        """Role → the processes of the last guest with this role."""
        super().__init__(solution_slots=1, improver_slots=1, require=frozenset(), layers=layers)

    def idle(self) -> list[ForkServer]:
        """The servers that wait for work."""
        return [server for pool in self._servers._pools.values() for server in pool._idle]

    def _start_servers(self, layers: Layers) -> Servers:
        return _SteppingServers(layers, self)

    def _pool(self, program: GuestProgram, memory_bytes: int) -> Any:
        return _SteppingPool(self, program.role, super()._pool(program, memory_bytes))


class _SteppingServers(Servers):
    """Servers whose starts pass the hooks."""

    def __init__(self, layers: Layers, sandbox: SteppingSandbox) -> None:
        self._sandbox = sandbox
        super().__init__(layers)

    def _strongest(self, layers: Layers) -> Any:
        first, start = super()._strongest(layers)

        def started(*plan: Any) -> ForkServer:
            server = start(*plan)
            hook, self._sandbox.hooks.started = self._sandbox.hooks.started, None
            if hook is not None:
                hook(server)
            return server

        return first, started


class _SteppingPool:
    """A pool whose guests pass the hooks."""

    def __init__(self, sandbox: SteppingSandbox, role: str, pool: Pool) -> None:
        self._sandbox, self._role, self._pool = sandbox, role, pool
        self.adopt = pool.adopt

    def take(self) -> Child:
        child = self._pool.take()
        assert isinstance(child, Child)
        family = self._sandbox.last[self._role] = Family.of_child(child.pid)
        if self._role == "solution" and self._sandbox.hooks.passed_over:
            self._sandbox.hooks.passed_over -= 1
        elif self._role == "solution":
            hooks, self._sandbox.hooks = self._sandbox.hooks, Hooks()
            if hooks.acquired is not None:
                hooks.acquired(child)
            _hold_at_looks(child, family, hooks)
            _hold_at_end(child, family, hooks)
        return child


def _hold_at_looks(child: Child, family: Family, hooks: Hooks) -> None:
    read_clock, reached, held = child.cpu_seconds, hooks.reached, hooks.held
    looks = 0

    def cpu_seconds() -> float:
        nonlocal looks
        looks += 1
        if looks == 2 and reached is not None and held is not None:  # at the first, nothing has been written
            wait_until(partial(reached, child))
            held(family)
        return read_clock()

    child.cpu_seconds = cpu_seconds  # type: ignore[method-assign]


def _hold_at_end(child: Child, family: Family, hooks: Hooks) -> None:
    close_child = child.close

    def close() -> None:
        put_back = child.on_close

        def on_close() -> None:
            if hooks.closed is not None:
                hooks.closed(family)
            put_back()

        if hooks.closing is not None:
            hooks.closing(family)
        hooks.closing, child.on_close = None, on_close
        close_child()

    child.close = close  # type: ignore[method-assign]


@contextmanager
def next_server_is_held() -> Iterator[None]:
    """The next server is stopped before it gets its order; and continued, it waits when it wants to say that it is ready: the
    buffer of its channel is full. `drain` it."""
    fork = server_template.fork

    def fill(end: int) -> ForkedProcess:
        server_template.fork = fork  # type: ignore[method-assign]
        with suppress(BlockingIOError), socket.socket(fileno=os.dup(end)) as channel:
            while True:
                channel.send(b"{}", socket.MSG_DONTWAIT)
        server = fork(end)
        os.kill(server.pid, signal.SIGSTOP)
        return server

    server_template.fork = fill  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        server_template.fork = fork  # type: ignore[method-assign]


def drain(server: ForkServer) -> None:
    """Read everything that fills the channel of a server."""
    patience = server._end.gettimeout()
    server._end.settimeout(0)
    with suppress(BlockingIOError):
        while True:
            server._end.recv(10)
    server._end.settimeout(patience)


def in_pipe(descriptor: int) -> int:
    """Bytes that lie in a pipe."""
    (count,) = struct.unpack("i", fcntl.ioctl(descriptor, termios.FIONREAD, b"\0" * 4))
    return int(count)


def stop(child: Child) -> None:
    """Stop a guest with SIGSTOP, so that it does nothing more."""
    os.kill(child.pid, signal.SIGSTOP)
    wait_until(lambda: stopped(child.pid))


def full(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return not poll.poll(0)


def has_printed(child: Child) -> bool:
    return in_pipe(child.output) > 0
