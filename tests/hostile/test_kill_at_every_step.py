"""The host, a fork server or a guest is killed at every step of a call: no orphan, no wrong score, and the next call works.

No guest can send itself the signals that others send, so a killed one is the host's failure, as a killed server is: it raises.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from strop.base.budget import Budget
from strop.base.errors import GuestLost, SandboxError
from strop.base.events import Event
from strop.core.utility import TaskUtility
from strop.sandbox.layers import Layers
from strop.tasks.base import SecretSeeds
from strop_selftest.traces import orphans_adopted
from support import steps
from support.processes import all_end, descendants, handles_of, kill, open_descriptors, wait_until
from support.stepping import Family, Hooks, OnStep, SteppingSandbox, has_printed
from support.steps import STEPS
from support.tiers import slow_unless

pytestmark = pytest.mark.usefixtures("nothing_idle")

LAYERS = {"namespaces": Layers.strongest(), "no namespaces": Layers(namespaces=False)}

ENDS = {  # step: how the call ends when its server (or the server's stub) is killed, and when its guest is
    "server started": ("ok", None),
    "server in its namespaces": ("ok", None),
    "spare waiting": ("ok", "ok"),
    "session taken": ("raises", "raises"),
    "request half written": ("raises", "raises"),
    "program compiling": ("raises", "raises"),
    "program loading": ("raises", "raises"),
    "entry point running": ("raises", "raises"),
    "language model asked": ("raises", "raises"),
    "utility asked": ("raises", "raises"),
    "solution of an improver running": ("raises", "raises"),
    "reply half written": ("raises", "raises"),
    "reply written": (
        "raises",
        "ok",
    ),  # nobody knows how long the answer took but the server, which waits for its guest
    "between two calls": ("ok", "ok"),
    "guest closing": ("ok", "ok"),
    "guest closed": ("ok", None),
    "sandbox closing": ("ok", "ok"),
}
EARLY_AND_LATE = ("entry point running", "utility asked")
"""Steps that `make test` tries; `make test-all` tries every one, on both kinds of machine."""
HOST_CASES = [
    *(("namespaces", step) for step in ENDS),
    *(("no namespaces", step) for step, (_, of_child) in ENDS.items() if of_child == "raises"),
]
TESTS = Path(steps.__file__).parent.parent
HOST = "import sys; from support import steps; steps.stay_at(sys.argv[1], steps.Layers(**eval(sys.argv[2])))"


def test_every_step_has_its_ends() -> None:
    assert list(ENDS) == list(STEPS)


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[dict[str, SteppingSandbox]]:
    kept = {name: SteppingSandbox(layers) for name, layers in LAYERS.items()}
    for sandbox in kept.values():
        settled(sandbox)
    yield kept
    for sandbox in kept.values():
        sandbox.close()


@pytest.mark.parametrize(
    ("layers", "step", "victim", "end"),
    [
        pytest.param(
            layers,
            step,
            victim,
            ends[victim == "child"],
            id=f"{step}, {victim}, {layers}",
            marks=() if layers == "namespaces" and step in EARLY_AND_LATE else pytest.mark.slow,
        )
        for layers in LAYERS
        for step, ends in ENDS.items()
        for victim in ("server", "stub", "child")
        if ends[victim == "child"] is not None
        and not (layers == "no namespaces" and (victim == "stub" or step == "server in its namespaces"))
        and (step, victim) != ("server started", "stub")
    ],
)
def test_call_gives_no_wrong_answer_and_the_next_works_when_a_process_is_killed(
    layers: str, step: str, victim: str, end: str, sandboxes: dict[str, SteppingSandbox]
) -> None:
    closing = step == "sandbox closing"
    sandbox = SteppingSandbox(LAYERS[layers]) if closing else sandboxes[layers]
    before = figures()
    struck = []

    def strike(family: Family) -> None:
        struck.append(victim)
        doomed = [family.child] if victim == "child" else family.all()
        handles = handles_of(pid for pid in doomed if pid is not None)
        os.kill(getattr(family, victim), signal.SIGKILL)
        let_go_on(family.all())
        assert all_end(handles)

    assert verdict(sandbox, step, strike) == end
    assert struck
    if not closing:
        after = settled(sandbox, before)
        assert nothing_more(after, before), (before, after)


@pytest.mark.parametrize(
    ("layers", "step"), slow_unless(lambda layers, step: layers == "namespaces" and step in EARLY_AND_LATE, HOST_CASES)
)
def test_nothing_lives_on_when_the_host_is_killed(layers: str, step: str) -> None:
    with orphans_adopted():
        others = set(descendants(os.getpid()))
        choice = {"namespaces": layers == "namespaces"}
        with subprocess.Popen(
            [sys.executable, "-c", HOST, step, repr(choice)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])},
        ) as host:
            assert host.stdout is not None
            try:
                assert host.stdout.read(5) == b"here\n"
                below = descendants(host.pid)
                family, handles = handles_of(below), handles_of(below)
            finally:
                host.kill()
        let_go_on(below)
        try:
            assert below
            assert all_end(family)
            wait_until(lambda: set(descendants(os.getpid())) <= others)
        finally:
            kill(handles)
            for handle in handles:
                os.close(handle)
        bury(below)


def test_evaluation_whose_server_is_killed_raises_and_the_next_works(sandboxes: dict[str, SteppingSandbox]) -> None:
    sandbox = sandboxes["namespaces"]
    events: list[Event] = []
    utility = TaskUtility(replace(steps.TASK, time_limit=0.5), "train", SecretSeeds(b"s"), sandbox, events.append, b"s")
    sandbox.hooks = Hooks(reached=has_printed, held=lambda family: os.kill(family.server, signal.SIGKILL))
    with pytest.raises(GuestLost):
        utility.evaluate(steps.LOOPING_SOLUTION, Budget())
    assert utility.evaluate(steps.SOLUTION, Budget()).value == 1.0


def verdict(sandbox: SteppingSandbox, step: str, at: OnStep) -> str:
    try:
        return STEPS[step](sandbox, at)
    except SandboxError:
        return "raises"


def settled(sandbox: SteppingSandbox, expected: tuple[int, ...] | None = None) -> tuple[int, ...]:
    """Descriptors, threads, living and dead processes of ours, after calls that have answered rightly."""
    with suppress(
        SandboxError
    ):  # a spare that a killed server had just forked dies a moment after it: one call may meet that
        assert steps.call(sandbox) == "ok"
    for _ in range(4):
        assert steps.call(sandbox) == "ok"
    assert steps.Improving(sandbox).verdict() == "ok 1.0"
    for server in sandbox.idle():
        wait_until(partial(steps.has_spare, server))
    with suppress(AssertionError):
        wait_until(lambda: expected is None or nothing_more(figures(), expected))
    return figures()


def nothing_more(now: tuple[int, ...], before: tuple[int, ...]) -> bool:
    """Whether nothing is left over: threads and processes as before, and no descriptors but for one listener, which comes when
    a new server is first asked and goes when the watcher gets to it. What adds up is for the soak to find."""
    return now[0] <= before[0] + 1 and now[1:] == before[1:]


def figures() -> tuple[int, ...]:
    me = os.getpid()
    living = descendants(me)
    return open_descriptors(), threading.active_count(), len(living), len(descendants(me, dead=True)) - len(living)


def let_go_on(pids: list[int]) -> None:
    """What was stopped at its step finds out what has happened."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def bury(pids: list[int]) -> None:
    """Zombies that came to us."""
    for pid in pids:
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
