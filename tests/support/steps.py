"""The steps of a call at which something is killed: each runs a call, and calls `at` when the step is reached (stepping.py)."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from strop.base.budget import Budget, Grant
from strop.base.errors import SandboxError
from strop.base.events import Evaluated, Event
from strop.core.handles import Host
from strop.core.improver import improve
from strop.core.utility import TaskUtility
from strop.evaluation.outcomes import verdict_of
from strop.lm.base import Request
from strop.lm.scripted import Scripted
from strop.sandbox.base import GuestProgram, Limits, Returned
from strop.sandbox.child import Child
from strop.sandbox.fork_server_host import ForkServer
from strop.sandbox.jail import JailedSandbox
from strop.sandbox.layers import Layers
from strop.sandbox.wire import encode
from strop.tasks.answer import Answer
from strop.tasks.base import Instance, SecretSeeds, Task
from support.processes import all_end, cpu_ticks, handles_of, stopped, wait_until
from support.stepping import (
    Family,
    Hooks,
    OnStep,
    SteppingSandbox,
    drain,
    full,
    has_printed,
    in_pipe,
    next_server_is_held,
    stop,
)

LIMITS = Limits(cpu_seconds=60.0, wall_seconds=60.0)
LARGE = 1 << 20
"""More than any pipe holds."""
COMPILING_TICKS = 5
"""Clock ticks (10 ms each) of a guest that has its order and has printed nothing: to decode the order takes less than one."""


# The programs of the calls. Each returns 1 more than its argument, if it lives.

ADD = "def add(x):\n    return x + 1\n"
LONG_TEXT = "print('here')\n" + "x = [a + b * c for a, b, c in zip(range(9), range(9), range(9))]\n" * 14_000
SOLUTION = "def algorithm(n):\n    print('here')\n    return 2 * n\n"
LOOPING_SOLUTION = "def algorithm(n):\n    print('here')\n    while True: pass\n"
IMPROVER = """
def improve_algorithm(initial_solution, utility, language_model):
    language_model.prompt('', 'better')
    solution = {!r}
    utility(solution)
    return solution
"""


def call(sandbox: JailedSandbox, text: str = ADD, argument: Any = 1, expected: object = 2) -> str:
    """One call: its verdict, with WRONG for an answer that is not the right one. Raises SandboxError."""
    with sandbox.open(GuestProgram(text, "add"), LIMITS) as guest:
        outcome = guest.call([argument], seed=0)
    if isinstance(outcome, Returned):
        return "ok" if outcome.value == expected else "WRONG"
    return verdict_of(outcome)


# The steps. Each runs a call, calls `at` at its step, and gives the verdict of the call.


def server_started(sandbox: SteppingSandbox, on_step: OnStep) -> str:
    """The process of a server has started and has no order yet."""
    return _server_starting(sandbox, on_step, lambda server: None)


def server_in_its_namespaces(sandbox: SteppingSandbox, on_step: OnStep) -> str:
    """The server has its namespaces, and confines itself further."""

    def go_on(server: ForkServer) -> None:
        os.kill(Family.of_server(server).server, signal.SIGCONT)
        wait_until(lambda: Family.of_server(server).stub is not None)
        os.kill(Family.of_server(server).server, signal.SIGSTOP)

    return _server_starting(sandbox, on_step, go_on)


def _server_starting(sandbox: SteppingSandbox, on_step: OnStep, go_on: Callable[[ForkServer], None]) -> str:
    """The server is stopped at the step, and has not said that it is ready."""

    def hold(server: ForkServer) -> None:
        assert isinstance(server, ForkServer)
        go_on(server)
        family = Family.of_server(server)
        wait_until(lambda: stopped(family.server))
        drain(server)
        assert not server.ready()
        on_step(family)

    for server in sandbox.idle():  # so that new ones are needed
        handles = handles_of(Family.of_server(server).all())
        os.kill(Family.of_server(server).server, signal.SIGKILL)
        assert all_end(handles)
    sandbox.hooks = Hooks(started=hold)
    with next_server_is_held():
        return call(sandbox)


def has_spare(server: ForkServer) -> bool:
    """Whether a guest waits below the server."""
    return server.ready() and Family.of_server(server).child is not None


def spare_waiting(sandbox: SteppingSandbox, on_step: OnStep) -> str:
    """Nobody calls; a guest waits. It is so with every server, so that whichever serves next was hit."""
    for server in sandbox.idle():
        wait_until(partial(has_spare, server))
        on_step(Family.of_server(server))
    return call(sandbox)


def session_taken(sandbox: SteppingSandbox, on_step: OnStep) -> str:
    """The session has its guest and has sent nothing."""
    sandbox.hooks = Hooks(acquired=lambda child: on_step(Family.of_child(child.pid)))
    return call(sandbox)


def request_half_written(sandbox: SteppingSandbox, on_step: OnStep) -> str:
    """The guest is stopped, the pipe is full, and most of the order is still with the host."""
    sandbox.hooks = Hooks(acquired=stop, reached=lambda child: full(child.to_guest), held=on_step)
    return call(sandbox, "def add(x):\n    return len(x)\n", "a" * LARGE, LARGE)


def program_compiling(sandbox: SteppingSandbox, on_step: OnStep) -> str:
    """The guest has read its whole order and has computed since; the first line of its program has not run."""
    start = 0

    def widen(child: Child) -> None:
        fcntl.fcntl(child.to_guest, fcntl.F_SETPIPE_SZ, LARGE)  # the whole program at once

    def compiling(child: Child) -> bool:
        nonlocal start
        if in_pipe(child.to_guest) or not start:
            start = cpu_ticks(child.pid) or 1
            return False
        if cpu_ticks(child.pid) - start < COMPILING_TICKS:
            return False
        stop(child)
        assert in_pipe(child.output) == 0
        return True

    sandbox.hooks = Hooks(acquired=widen, reached=compiling, held=on_step)
    return call(sandbox, LONG_TEXT + ADD)


def program_loading(sandbox: SteppingSandbox, on_step: OnStep) -> str:
    """The program's top level runs: the guest has printed from there."""
    sandbox.hooks = Hooks(reached=has_printed, held=on_step)
    return call(sandbox, "print('here')\nwhile True: pass\n" + ADD)


def entry_point_running(sandbox: SteppingSandbox, on_step: OnStep) -> str:
    """The entry point runs: the guest has printed from there."""
    sandbox.hooks = Hooks(reached=has_printed, held=on_step)
    return call(sandbox, "def add(x):\n    print('here')\n    while True: pass\n")


def reply_half_written(sandbox: SteppingSandbox, on_step: OnStep) -> str:
    """The pipe is full of an answer that is longer."""

    def half(child: Child) -> bool:
        return in_pipe(child.from_guest) == fcntl.fcntl(child.from_guest, fcntl.F_GETPIPE_SZ)

    sandbox.hooks = Hooks(reached=half, held=on_step)
    return call(sandbox, f"def add(x):\n    return 'a' * {LARGE}\n", 1, "a" * LARGE)


def reply_written(sandbox: SteppingSandbox, on_step: OnStep) -> str:
    """The whole answer lies in the pipe; the host has not read it."""
    size = len(encode(["returned", 2]))
    sandbox.hooks = Hooks(reached=lambda child: in_pipe(child.from_guest) == size, held=on_step)
    return call(sandbox)


def between_two_calls(sandbox: SteppingSandbox, on_step: OnStep) -> str:
    """The host has the answer; the guest is open, and called again afterwards."""
    with sandbox.open(GuestProgram(ADD, "add"), LIMITS) as guest:
        first = guest.call([1], seed=0)
        on_step(sandbox.last["solution"])
        second = guest.call([2], seed=0)
    right = [outcome.value for outcome in (first, second) if isinstance(outcome, Returned)] == [2, 3]
    return "ok" if right else f"WRONG: {first}, {second}"


def guest_closing(sandbox: SteppingSandbox, on_step: OnStep) -> str:
    """The host is about to kill the guest."""
    sandbox.hooks = Hooks(closing=on_step)
    return call(sandbox)


def guest_closed(sandbox: SteppingSandbox, on_step: OnStep) -> str:
    """The guest is killed and let go; its server has not been put back."""
    sandbox.hooks = Hooks(closed=on_step)
    return call(sandbox)


def sandbox_closing(sandbox: SteppingSandbox, on_step: OnStep) -> str:
    """The sandbox is about to end its first server. `ok` where it is closed afterwards."""
    server = sandbox.idle()[0]
    end = server.close

    def close() -> None:
        on_step(Family.of_server(server))
        end()

    # Ready first: then the guest of before has ended, and the one below the server is the one that waits.
    wait_until(partial(has_spare, server))
    server.close = close  # type: ignore[method-assign]
    sandbox.close()
    try:
        return f"WRONG: {call(sandbox)}"
    except SandboxError:
        return "ok"


def language_model_asked(sandbox: SteppingSandbox, on_step: OnStep) -> str:
    """An improver waits for the language model."""
    return Improving(sandbox, lambda request: on_step(sandbox.last["improver"])).verdict()


def utility_asked(sandbox: SteppingSandbox, on_step: OnStep) -> str:
    """An improver waits for its utility: the improver is hit, the solution that is being evaluated is not."""
    sandbox.hooks = Hooks(READERS, reached=has_printed, held=lambda family: on_step(sandbox.last["improver"]))
    return Improving(sandbox).verdict()


def solution_of_an_improver_running(sandbox: SteppingSandbox, on_step: OnStep) -> str:
    """An improver waits for its utility: the solution is hit, the improver is not."""
    sandbox.hooks = Hooks(READERS, reached=has_printed, held=on_step)
    return Improving(sandbox, solution=LOOPING_SOLUTION).verdict()


READERS = 1
"""Guests of an `Improving` that read the answer of its model, before one runs its solution."""


@dataclass
class Improving:
    """One improvement: the improver asks the model, then scores what it knows to be right, and returns it."""

    sandbox: JailedSandbox
    when_asked: Callable[[Request], None] = lambda request: None
    solution: str = SOLUTION
    events: list[Event] = field(default_factory=list)

    def verdict(self) -> str:
        """How the improvement ended, and the scores that were recorded: `ok 1.0`. Raises SandboxError."""
        utility = TaskUtility(TASK, "train", SecretSeeds(b"s"), self.sandbox, self.events.append, b"s")
        host = Host(self.sandbox, Scripted(self._answer), self.events.append, b"s")
        ended = improve(IMPROVER.format(self.solution), TASK.seed, utility, Grant(), Budget(), host)
        scores = [event.value for event in self.events if isinstance(event, Evaluated)]
        return " ".join([ended.outcome, *map(str, scores)])

    def _answer(self, request: Request) -> str:
        self.when_asked(request)
        return "no idea"


def _score(instance: Instance, answer: object) -> float:
    return float(answer == 2 * instance["n"])


def _sample(rng: Any) -> dict[str, int]:
    return {"n": int(rng.integers(1, 100))}


SEED = "def algorithm(n):\n    return n\n"
TASK = Task("doubling", _sample, _score, SEED, instances=1, description="Double n.", time_limit=5.0, answer=Answer(int))


# What a test and the host that it kills say to each other.

STEPS: dict[str, Callable[[SteppingSandbox, OnStep], str]] = {
    step.__name__.replace("_", " "): step
    for step in (
        server_started, server_in_its_namespaces, spare_waiting, session_taken, request_half_written, program_compiling,
        program_loading, entry_point_running, language_model_asked, utility_asked, solution_of_an_improver_running,
        reply_half_written, reply_written, between_two_calls, guest_closing, guest_closed, sandbox_closing,
    )
}  # fmt: skip


def stay_at(step: str, layers: Layers) -> None:
    """The life of a host that is killed: go to the step, say so, and stay there."""

    def on_step(family: Family) -> None:
        sys.stdout.write("here\n")
        sys.stdout.flush()
        threading.Event().wait()

    sandbox = SteppingSandbox(layers)
    call(sandbox)
    STEPS[step](sandbox, on_step)
