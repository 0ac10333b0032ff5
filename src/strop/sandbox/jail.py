"""The sandbox that runs every program: fork servers behind `strop.sandbox.base.Sandbox`, each as confined as this machine allows.

Covered: what `posture` says was observed. Not covered: flaws of the kernel, side channels of the processor; against those run
strop as a whole in a virtual machine. The memory of all guests together is bounded by a floor only, below which none starts.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import TracebackType

from strop.base.errors import SandboxUnavailable
from strop.sandbox.base import Guest, Handler, Limits, Outcome, Program, Value
from strop.sandbox.confinement.notify import Denied
from strop.sandbox.fork_server_host import ForkServer, ServerFailed
from strop.sandbox.layers import Layers
from strop.sandbox.memory_floor import wait_for_memory
from strop.sandbox.pool import Pool, Server
from strop.sandbox.posture import DEFAULT_REQUIRE, Posture, observe
from strop.sandbox.session import Session
from strop.sandbox.watcher import Watcher

_THREADS = {"solution": 0, "improver": 1}
"""What a guest's own runtime starts: an improver's requests are answered on a thread."""


class JailedSandbox:
    """A `Sandbox`. Safe to use from many threads; fork servers start when they are first needed and are kept."""

    def __init__(
        self,
        *,
        solution_places: int,
        improver_places: int,
        require: frozenset[str] = DEFAULT_REQUIRE,
        layers: Layers | None = None,
        on_denied: Callable[[Denied], None] | None = None,
        wait_for_memory: Callable[[], None] = wait_for_memory,
    ) -> None:
        """Find the strongest confinement that works here and observe what it prevents: about half a second.

        Args:
            solution_places: how many threads may have solutions open at once; `open` blocks while there are that many others.
            improver_places: how many improvers' servers are kept for reuse. More may be open: an improver waits for solutions,
                so a bound on improvers could block a nested one for ever. The caller bounds them.
            require: names of `posture.PROTECTIONS` without which not to start.
            layers: the strongest, unless a test or a benchmark takes some away.
            on_denied: is told, on a thread of its own, of each forbidden system call of a guest, with its arguments. Outcomes
                count them without it (see watcher.py for which). Where the kernel cannot tell, `posture.layers["audit"]` says so.
            wait_for_memory: is called before each guest; raises SandboxError where the machine has too little left.

        Raises:
            SandboxUnavailable: something of `require` is not enforced, or this is not a system that strop can confine.
        """
        self._places = threading.BoundedSemaphore(solution_places)
        self._open_by: Counter[int] = Counter()
        """How many solutions each thread has open. A thread takes one place for all of them, as it calls them in turn: two
        threads that each held one place and waited for a second would wait for ever."""
        self._idle = {"solution": 2 * solution_places + 1, "improver": improver_places}
        self._pools: dict[tuple[str, int], Pool] = {}
        self._wait_for_memory = wait_for_memory
        self._lock = threading.Lock()
        self._closed = False
        layers = layers or Layers.strongest()
        self._watcher = Watcher() if layers.audit and sys.platform == "linux" else None
        try:
            first, self._start = self._strongest(layers)
            self._pool("solution", Limits().memory_bytes).adopt(first)
            self.posture: Posture = observe(self, first.report)
            self.posture.require(require)
        except BaseException:
            self.close()
            raise
        if self._watcher is not None and on_denied is not None:
            self._watcher.on_denied = on_denied  # from here on: the probes above made forbidden calls of their own

    def open(self, program: Program, limits: Limits, handlers: Mapping[str, Handler] | None = None) -> Guest:
        """A guest for `program`; blocks while every place for solutions is taken by other threads, and for a minute where memory
        is short."""
        release = self._take_place(program.role)
        try:
            self._wait_for_memory()
            pool = self._pool(program.role, limits.memory_bytes)
        except BaseException:  # the sandbox was closed: whoever waits for this place must hear of it too
            release()
            raise
        return _Placed(Session(program, limits, pool.take, handlers), release)

    def close(self) -> None:
        """Kill every guest and server. Idempotent."""
        with self._lock:
            self._closed = True
            pools = list(self._pools.values())
        for pool in pools:
            pool.close()
        if self._watcher is not None:
            self._watcher.close()

    def __enter__(self) -> JailedSandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _strongest(self, layers: Layers) -> tuple[ForkServer, Callable[[int, int], Server]]:
        """A running server with the strongest combination that this machine allows, and how to start more of them."""
        if sys.platform != "linux":
            raise SandboxUnavailable(
                "strop confines programs on Linux only; run it in a container or virtual machine (on Windows: WSL2)"
            )
        memory_bytes = Limits().memory_bytes
        refusals: list[str] = []
        for rung in layers.rungs():

            def start(memory_bytes: int, threads: int, rung: Layers = rung) -> ForkServer:
                return ForkServer(rung, memory_bytes, watcher=self._watcher, threads=threads)

            server = start(memory_bytes, _THREADS["solution"])
            try:
                report = server.report
            except ServerFailed as error:
                refusals.append(str(error))
            else:
                report |= {f"refused {number}": refusal for number, refusal in enumerate(refusals, 1)}
                return server, start
        raise SandboxUnavailable("no fork server starts on this machine: " + "; ".join(refusals))

    def _take_place(self, role: str) -> Callable[[], None]:
        if role != "solution":
            return lambda: None
        thread = threading.get_ident()
        with self._lock:
            beside = self._open_by[thread] > 0
            if beside:
                self._open_by[thread] += 1
        if not beside:
            self._places.acquire()
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
            self._places.release()

    def _pool(self, role: str, memory_bytes: int) -> Pool:
        """Roles have servers of their own, so that neither waits for the other; so has each memory limit, which a server sets."""
        with self._lock:
            if self._closed:
                raise ServerFailed("the sandbox is closed")
            if (role, memory_bytes) not in self._pools:
                start = partial(self._start, memory_bytes, _THREADS[role])
                self._pools[role, memory_bytes] = Pool(start, idle=self._idle[role], spare=role == "solution")
            return self._pools[role, memory_bytes]


class _Placed:
    """A session that gives its place back when it is closed."""

    def __init__(self, session: Session, release: Callable[[], None]) -> None:
        self._session, self._release = session, release
        self._lock = threading.Lock()

    def call(self, arguments: Sequence[Value], *, seed: int) -> Outcome:
        return self._session.call(arguments, seed=seed)

    def close(self) -> None:
        with self._lock:
            release, self._release = self._release, lambda: None
        try:
            self._session.close()
        finally:
            release()

    def __enter__(self) -> _Placed:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
