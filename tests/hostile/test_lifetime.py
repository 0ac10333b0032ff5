"""Nothing outlives its owner: not a guest its host, not a guest its server; and one broken server does not break the sandbox."""

from __future__ import annotations

import gc
import os
import resource
import select
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from strop.base.errors import SandboxError
from strop.sandbox import fork_server_host
from strop.sandbox.base import GuestProgram, Limits, Returned
from strop.sandbox.fork_server_host import server_template
from strop.sandbox.jail import JailedSandbox
from strop.sandbox.layers import Layers
from strop.sandbox.template import Template
from support.processes import (
    GENEROUS_SECONDS,
    all_end,
    cpu_ticks,
    descendants,
    family_of,
    handles_of,
    kill,
    kill_and_wait,
    open_descriptors,
    wait_until,
)
from support.rows import table
from support.tiers import slow_unless

pytestmark = pytest.mark.usefixtures("nothing_idle")

ADD = GuestProgram("def add(x):\n    return x + 1\n", "add")
LONG = Limits(cpu_seconds=60.0, wall_seconds=60.0)


def test_no_process_is_left_when_a_sandbox_is_closed_mid_call() -> None:
    others = set(descendants(os.getpid()))
    sandbox = JailedSandbox(solution_slots=1, improver_slots=0)
    caller = threading.Thread(target=loop_until_broken, args=[sandbox])
    caller.start()
    wait_for_cpu_time()
    family = family_of(os.getpid(), others | {server_template.pid})  # which serves the next sandbox
    sandbox.close()
    caller.join(GENEROUS_SECONDS)
    assert not caller.is_alive()
    assert all_end(family)


@pytest.mark.slow
@table("pause", (0.0, 0.02, 0.05, 0.1, 0.2))
def test_callers_get_a_sandbox_error_and_nothing_else_when_the_sandbox_closes_while_servers_start(pause: float) -> None:
    sandbox = JailedSandbox(solution_slots=8, improver_slots=0)
    failures: list[BaseException] = []

    def call() -> None:
        try:
            while True:
                with sandbox.open(ADD, Limits()) as guest:
                    guest.call([1], seed=0)
        except BaseException as error:  # noqa: BLE001 - which one it is, is the question
            failures.append(error)

    callers = [threading.Thread(target=call) for _ in range(8)]
    for caller in callers:
        caller.start()
    time.sleep(pause)
    sandbox.close()
    for caller in callers:
        caller.join(GENEROUS_SECONDS)
    assert not any(caller.is_alive() for caller in callers)
    assert [type(failure) for failure in failures if not isinstance(failure, SandboxError)] == []


@pytest.mark.parametrize("free", slow_unless(lambda free: free == 2, range(8)))
def test_call_raises_a_sandbox_error_or_is_right_when_the_host_may_open_few_more_files(free: int) -> None:
    with JailedSandbox(solution_slots=1, improver_slots=0, layers=Layers.strongest()) as sandbox:
        assert answers(sandbox)  # the template of servers stays when the sandbox closes
    gc.collect()
    before = open_descriptors()
    with JailedSandbox(solution_slots=1, improver_slots=0, layers=Layers.strongest()) as sandbox:
        assert answers(sandbox)
        with few_more_descriptors(free):
            for _ in range(3):
                with suppress(SandboxError), sandbox.open(ADD, Limits()) as guest:
                    outcome = guest.call([1], seed=0)
                    assert isinstance(outcome, Returned), outcome
        assert answers(sandbox)
    wait_until(lambda: open_descriptors() <= before)


def answers(sandbox: JailedSandbox) -> bool:
    with sandbox.open(ADD, Limits()) as guest:
        return isinstance(guest.call([1], seed=0), Returned)


@contextmanager
def few_more_descriptors(free: int) -> Iterator[None]:
    """This process may open only so many more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    top = max(int(entry.name) for entry in Path("/proc/self/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (top + 1, hard))
    fillers = []
    try:
        with suppress(OSError):
            while True:
                fillers.append(os.dup(0))
        resource.setrlimit(resource.RLIMIT_NOFILE, (top + 1 + free, hard))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for filler in fillers:
            os.close(filler)


@pytest.fixture
def others() -> set[int]:
    """What runs below this process already: the guests of other tests, which are left alone."""
    return set(descendants(os.getpid()))


@pytest.fixture
def sandbox() -> Iterator[JailedSandbox]:
    with JailedSandbox(solution_slots=1, improver_slots=0, layers=Layers.strongest()) as sandbox:
        yield sandbox


def loop_until_broken(sandbox: JailedSandbox, failures: list[BaseException] | None = None) -> None:
    try:
        with sandbox.open(GuestProgram("def loop():\n    while True:\n        pass\n", "loop"), LONG) as guest:
            guest.call([], seed=0)
    except SandboxError as error:
        if failures is not None:
            failures.append(error)


def wait_for_cpu_time() -> None:
    """Until some descendant has computed for a while: the guest is in its loop."""
    before = {pid: cpu_ticks(pid) for pid in descendants(os.getpid())}
    wait_until(lambda: any(cpu_ticks(pid) - before.get(pid, 0) >= 10 for pid in descendants(os.getpid())))


def kill_descendants(others: set[int]) -> None:
    """Every server and guest that this test has started, those that are being started too."""
    while family := family_of(os.getpid(), others):
        kill(family)
        assert all_end(family)


def test_sandbox_serves_on_when_many_idle_servers_and_their_template_are_killed(others: set[int]) -> None:
    sandbox = JailedSandbox(solution_slots=4, improver_slots=0, layers=Layers.strongest())
    with ExitStack() as stack:
        guests = [stack.enter_context(sandbox.open(ADD, Limits())) for _ in range(4)]
        assert all(isinstance(guest.call([1], seed=0), Returned) for guest in guests)
    kill_and_wait(server_template.pid)
    kill_descendants(others)
    assert answers(sandbox)
    sandbox.close()


def test_fork_of_a_process_has_servers_of_its_own(sandbox: JailedSandbox) -> None:
    child = os.fork()
    if child == 0:
        with JailedSandbox(solution_slots=1, improver_slots=0) as own:
            os._exit(not answers(own))
    assert os.waitpid(child, 0)[1] == 0
    assert answers(sandbox)


def test_template_ends_when_it_has_no_server_and_none_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    impatient = "from strop.sandbox import forks\nforks._IDLE_SECONDS = 0.05\nmain()\n"
    monkeypatch.setattr(fork_server_host, "_BOOTSTRAP", fork_server_host._BOOTSTRAP.replace("main()\n", impatient))
    own = Template(server_template._command, server_template._variables)
    monkeypatch.setattr(fork_server_host, "server_template", own)
    server = fork_server_host.ForkServer(Layers(audit=False), Limits().memory_bytes)
    assert own.pid is not None
    (handle,) = handles_of([own.pid])
    assert server.report["preload"] == "complete"
    assert not select.select([handle], [], [], 0.2)[0]
    server.close()
    assert all_end([handle])
    fork_server_host.ForkServer(Layers(audit=False), Limits().memory_bytes).close()
    own.close()


def test_server_ends_once_when_many_threads_end_it_at_once() -> None:
    def end(server: fork_server_host.ForkServer, together: threading.Barrier) -> None:
        together.wait()
        server._process.end()  # by a call that finds it dead, while the sandbox is closed

    for _ in range(10):
        server = fork_server_host.ForkServer(Layers(audit=False), Limits().memory_bytes)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(end, [server] * 4, [threading.Barrier(4)] * 4))
        server.close()
