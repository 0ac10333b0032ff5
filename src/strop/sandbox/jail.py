"""The sandbox that runs every program: fork servers behind `strop.sandbox.base.Sandbox`, each as confined as this machine allows.

Fork servers are kept for reuse: the next guest comes from the one that has been idle longest. `posture` says what was observed
to be enforced. Kernel bugs and processor side channels are not covered; run strop in a virtual machine against those. The total
memory of all guests has no limit, only a floor of free memory below which none starts.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial

from strop.base.closing import ClosesItself
from strop.base.parking import Parking
from strop.base.protections import DEFAULT_REQUIRE, Posture
from strop.sandbox.base import Guest, GuestProgram, Handler, Limits
from strop.sandbox.child import Child
from strop.sandbox.confinement.notify import Denied
from strop.sandbox.fork_server_host import ForkServer, ServerFailed, ServerLost
from strop.sandbox.layers import Layers
from strop.sandbox.memory_floor import wait_for_memory
from strop.sandbox.posture import observe_guests, strongest
from strop.sandbox.session import Session
from strop.sandbox.watcher import Watcher

_ATTEMPTS = 10
"""Most fresh servers that are tried if each ends at once."""


class Pool:
    """Starts servers on demand, replaces dead ones and keeps at most `idle` of them. Safe to use from many threads."""

    def __init__(self, start: Callable[[], ForkServer], *, idle: int, spare: bool) -> None:
        """`start` returns a new server without waiting for it; with `spare`, one more than needed is started, up to `idle`."""
        self._start, self.idle_limit, self._spare = start, idle, spare
        self._lock = threading.Lock()
        self._idle: deque[ForkServer] = deque()
        self._busy: set[ForkServer] = set()
        self._closed = False

    def take(self) -> Child:
        """A fresh guest; its server is reused after the guest is closed. Raises ServerFailed, or SandboxError after `close`."""
        # Any number of idle servers may have died; only if fresh ones fail, too, does none work.
        attempts = len(self._idle) + _ATTEMPTS
        while True:
            server = self._server()
            attempts -= 1
            try:
                child = server.take()
            except ServerFailed:
                self._put_back(server)
                if not attempts:
                    raise
            else:
                child.on_close = partial(self._put_back, server)
                return child

    @property
    def busy(self) -> bool:
        """Whether a guest is open."""
        with self._lock:
            return bool(self._busy)

    def adopt(self, server: ForkServer) -> None:
        """Keep a server that was started elsewhere."""
        with self._lock:
            self._idle.append(server)

    def close(self) -> None:
        """End every server, and with it its guest. Idempotent."""
        with self._lock:
            self._closed = True
            servers = [*self._idle, *self._busy]
            self._idle.clear()
        for server in servers:
            server.close()

    def _server(self) -> ForkServer:
        """A server for the next guest."""
        with self._lock:
            if self._closed:
                raise ServerFailed("the sandbox is closed")
            server = next((idle for idle in self._idle if idle.ready()), None)
            if server is None and self._idle:
                server = self._idle[0]
            if server is None:
                server = self._start()
            else:
                self._idle.remove(server)
            self._busy.add(server)
            if self._spare and not self._idle and len(self._busy) < self.idle_limit:
                with suppress(ServerFailed):  # this guest has its server; the next one will get the error
                    self._idle.append(self._start())
            return server

    def _put_back(self, server: ForkServer) -> None:
        with self._lock:
            self._busy.discard(server)
            keep = not (self._closed or server.closed) and len(self._idle) < self.idle_limit
            if keep:
                self._idle.append(server)
        if not keep:
            server.close()


class Servers:
    """Fork servers of the strongest confinement that works on this machine, by role and memory limit."""

    def __init__(self, layers: Layers) -> None:
        """Start the first one. Raises SandboxUnavailable if none starts."""
        self._lock = threading.Lock()
        self._pools: dict[tuple[str, int], Pool] = {}
        self._closed = False
        self.watcher = Watcher() if layers.audit and sys.platform == "linux" else None
        self.posture: Posture | None = None
        """The posture that was observed of the servers; None until then."""
        try:
            self.first, self._start = self._strongest(layers)
        except BaseException:
            self.close()
            raise
        self.pool("solution", Limits().memory_bytes, 1).adopt(self.first)

    def pool(self, role: str, memory_bytes: int, idle: int) -> Pool:
        """The pool of a role and a memory limit, which keeps at most `idle` servers. Pools are separate because a server sets the
        memory limit, and because no role should wait for the other."""
        with self._lock:
            if self._closed:
                raise ServerFailed("the sandbox is closed")
            key = role, memory_bytes
            if key not in self._pools:
                start = partial(self._start, memory_bytes)
                self._pools[key] = Pool(start, idle=idle, spare=role == "solution")
            pool = self._pools[key]
            pool.idle_limit = idle
            return pool

    @property
    def busy(self) -> bool:
        """Whether a guest is open."""
        with self._lock:
            return any(pool.busy for pool in self._pools.values())

    def close(self) -> None:
        """Kill every guest and server. Idempotent."""
        with self._lock:
            self._closed = True
            pools = list(self._pools.values())
        for pool in pools:
            pool.close()
        if self.watcher is not None:
            self.watcher.close()

    def _strongest(self, layers: Layers) -> tuple[ForkServer, Callable[[int], ForkServer]]:
        """Start a server with the strongest layers that this machine allows; return it and a function that starts more."""

        def attempt(rung: Layers, refusals: Mapping[str, str]) -> tuple[ForkServer, Callable[..., ForkServer]]:
            def start(memory_bytes: int) -> ForkServer:
                return ForkServer(rung, memory_bytes, self.watcher)

            server = start(Limits().memory_bytes)
            server.report.update(refusals)
            return server, start

        return strongest(layers, attempt, ServerLost, "no fork server starts")


idle_servers: Parking[Servers] = Parking(most=1)
"""The fork servers that the last sandbox of this process left."""


class JailedSandbox(ClosesItself):
    """A `Sandbox`. Safe to use from many threads. Fork servers start on first use and are reused."""

    def __init__(
        self,
        *,
        solution_slots: int,
        improver_slots: int,
        require: frozenset[str] = DEFAULT_REQUIRE,
        layers: Layers | None = None,
        on_denied: Callable[[Denied], None] | None = None,
        reuse: bool = False,
    ) -> None:
        """Find the strongest confinement that works on this machine and observe what it prevents. Takes about half a second.

        Args:
            solution_slots: how many threads may have solutions open at once; `open` blocks while all are taken.
            improver_slots: how many servers of improvers are kept for reuse. More improvers may be open: an improver waits for
                solutions, so a limit here could block a nested improver for ever. The caller limits them.
            require: names from `protections.PROTECTIONS` that must be enforced.
            layers: the strongest by default; tests and benchmarks remove some.
            on_denied: called on its own thread for each forbidden system call of a guest, with the call's arguments. Outcomes
                have the counts in any case (`watcher` says of which). `posture.layers["audit"]` says if the kernel cannot count.
            reuse: whether to take over the servers of a sandbox that this process closed less than a minute ago, and to leave
                them to the next. Only with the strongest layers.

        Raises:
            SandboxUnavailable: a protection in `require` is not enforced, or strop cannot confine programs on this system.
        """
        self._slots = threading.BoundedSemaphore(solution_slots)
        self._open_by: Counter[int] = Counter()
        """How many solutions each thread has open. A thread takes one slot for all of them, because it calls them in turn, and
        two threads that each held one slot and waited for a second would wait for ever."""
        self._idle = {"solution": 2 * solution_slots + 1, "improver": improver_slots}
        self.wait_for_memory: Callable[[], None] = wait_for_memory
        """Called before each guest; raises SandboxError if the machine has too little memory left."""
        self._lock = threading.Lock()
        self._reuse = reuse and layers is None and on_denied is None
        self._closed = False
        self._servers = (idle_servers.take() if self._reuse else None) or self._start_servers(
            layers or Layers.strongest()
        )
        try:
            self.posture = self._servers.posture or self._observe()
            if self.posture.missing(require):
                self.posture = self._observe()  # the probe may have been disturbed
            self.posture.require(require)
        except BaseException:
            self._reuse = False
            self.close()
            raise
        if self._servers.watcher is not None and on_denied is not None:
            self._servers.watcher.on_denied = on_denied  # not earlier: the probes made forbidden calls of their own

    def open(self, program: GuestProgram, limits: Limits, handlers: Mapping[str, Handler] | None = None) -> Guest:
        """Open a guest for `program`. Blocks while other threads hold every slot for solutions, and for up to a minute while
        memory is short."""
        release = self._take_slot(program.role)
        try:
            self.wait_for_memory()
            pool = self._pool(program, limits.memory_bytes)
        except BaseException:  # the sandbox was closed: the next thread that waits for this slot must learn of it too
            release()
            raise
        session = Session(program, limits, partial(self._take, pool), handlers)
        session.release = release
        return session

    def close(self) -> None:
        """Kill every guest and server, or leave idle servers to the next sandbox. Idempotent."""
        with self._lock:
            closed, self._closed = self._closed, True
        if self._reuse and not closed and not self._servers.busy:
            idle_servers.put(self._servers)
        elif not (self._reuse and closed):
            self._servers.close()

    def _start_servers(self, layers: Layers) -> Servers:
        return Servers(layers)

    def _observe(self) -> Posture:
        """Observe what the servers prevent."""
        first = self._servers.first
        self._servers.posture = observe_guests(self, first.report)
        return self._servers.posture

    def _take_slot(self, role: str) -> Callable[[], None]:
        if role != "solution":
            return lambda: None
        thread = threading.get_ident()
        with self._lock:
            has_one_open = self._open_by[thread] > 0
            if has_one_open:
                self._open_by[thread] += 1
        if not has_one_open:
            self._slots.acquire()
            with self._lock:
                self._open_by[thread] = 1
        return partial(self._give_back, thread)

    def _give_back(self, thread: int) -> None:
        with self._lock:
            self._open_by[thread] -= 1
            last = not self._open_by[thread]
            if last:
                del self._open_by[thread]
        if last:
            self._slots.release()

    def _take(self, pool: Pool) -> Child:
        if self._closed:
            raise ServerFailed("the sandbox is closed")
        return pool.take()

    def _pool(self, program: GuestProgram, memory_bytes: int) -> Pool:
        if self._closed:
            raise ServerFailed("the sandbox is closed")
        return self._servers.pool(program.role, memory_bytes, self._idle[program.role])
