"""What a program can do in a jail and how it ends: the same on every kind of jail. What a jail prevents, attacks test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest

from strop.sandbox import control
from strop.sandbox.base import (
    Died,
    Guest,
    GuestProgram,
    Limits,
    Outcome,
    OutOfMemory,
    Raised,
    Returned,
    TimedOut,
    Value,
)
from strop.sandbox.jail import JailedSandbox
from strop.sandbox.layers import Layers
from strop.sandbox.session import Session
from strop.sandbox.tree_guests import TreePlan, TreeSlot
from strop.sandbox.workspace.base import Tree
from strop.sandbox.workspace.jail import Workspaces
from strop.tasks.values import rebuilt
from support.rows import table
from support.tiers import slow_unless

LIMITS = Limits(cpu_seconds=5.0, wall_seconds=60.0)
LAYERS = {"everything": Layers.strongest(), "without namespaces": Layers(namespaces=False)}


@pytest.fixture(scope="module", params=slow_unless(lambda name: name == "everything", LAYERS))
def sandbox(request: pytest.FixtureRequest) -> Iterator[JailedSandbox]:
    with JailedSandbox(
        solution_slots=2, improver_slots=2, require=frozenset(), layers=LAYERS[request.param]
    ) as sandbox:
        yield sandbox


class Room(Protocol):
    """What a guest is in."""

    def open(self, program: GuestProgram, limits: Limits) -> Guest: ...


class TreeRoom:
    """A tree, as a sandbox of solutions."""

    def __init__(self, slot: TreeSlot) -> None:
        self._slot = slot

    def open(self, program: GuestProgram, limits: Limits) -> Session:
        return self._slot.servers()[0].open(program, limits, {"environment": {}, "cpu_seconds": 60})


@pytest.fixture(scope="module", params=["tree", *slow_unless(lambda name: name == "everything", LAYERS)])
def room(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    if request.param in LAYERS:
        with JailedSandbox(solution_slots=2, improver_slots=2, require=(), layers=LAYERS[request.param]) as sandbox:
            yield sandbox
        return
    tree = Tree(tmp_path_factory.mktemp("tree"), {}, tools=[Path(control.__file__).parent])
    plan = TreePlan(tree, sys.executable, 1 << 30)
    with Workspaces(slots=1, require=()) as workspaces, closing(workspaces.slot([plan])) as slot:
        (server,) = slot.servers()
        server.begin()
        server.ready()
        yield TreeRoom(slot)


def outcome_of(sandbox: Room, text: str, *arguments: Value, limits: Limits = LIMITS, seed: int = 0) -> Outcome:
    with sandbox.open(GuestProgram(text, "algorithm"), limits) as guest:
        return guest.call(list(arguments), seed=seed)


def value_of(outcome: Outcome) -> Value:
    assert isinstance(outcome, Returned), outcome
    return rebuilt(outcome.value)  # type: ignore[no-any-return]


def test_values_come_back_as_plain_copies_and_arguments_stay_as_they_are(room: Room) -> None:
    sent: list[Value] = [None, True, 3, 0.5, "ü", [1, [2]], {"a": 1}]
    assert value_of(outcome_of(room, "def algorithm(*a): return list(a)", *sent)) == sent
    array = np.arange(6, dtype=np.int64).reshape(2, 3)
    doubled = value_of(outcome_of(room, "def algorithm(a):\n    a *= 2\n    return a", array))
    assert type(doubled) is np.ndarray and np.array_equal(doubled, 2 * array) and array.sum() == 15


def test_globals_last_between_calls_and_not_between_guests(room: Room) -> None:
    text = "import os\ndef algorithm():\n    os.left = getattr(os, 'left', 0) + 1\n    return os.left"
    for _ in range(3):
        with room.open(GuestProgram(text, "algorithm"), LIMITS) as guest:
            assert [value_of(guest.call([], seed=1)) for _ in range(2)] == [1, 2]


def test_random_numbers_follow_the_seed(room: Room) -> None:
    text = "import random\nimport numpy as np\ndef algorithm(): return [random.random(), float(np.random.rand())]"
    first, again, *others = (value_of(outcome_of(room, text, seed=seed)) for seed in (7, 7, 7 + 2**32, 2**64 - 1))
    assert first == again and not any(set(first) & set(other) for other in others), "all 64 bits count"
    with room.open(GuestProgram(text, "algorithm"), LIMITS) as guest:
        assert [value_of(guest.call([], seed=7)) for _ in range(2)] == [first] * 2


@table(
    ("text", "kind", "said"),
    [
        ("def algorithm(:", Raised, "SyntaxError"),
        ("def algorithm(): raise SystemExit(0)", Raised, "SystemExit"),
        ("def algorithm(): return object()", Raised, "TypeError"),
        ("import os\ndef algorithm(): os._exit(3)", Died, "exit status 3"),
        ("import ctypes\ndef algorithm(): ctypes.string_at(0)", Died, "signal SIGSEGV"),
    ],
)
def test_ending_of_a_program_is_named(room: Room, text: str, kind: type, said: str) -> None:
    outcome = outcome_of(room, text)
    assert isinstance(outcome, kind), (text, kind, said)
    assert said == (outcome.exception if isinstance(outcome, Raised) else outcome.reason), (text, kind, said)


def test_guest_can_be_called_again_after_a_limit_of_time(room: Room) -> None:
    text = "def algorithm(n):\n    while n == 1: pass"
    with room.open(GuestProgram(text, "algorithm"), Limits(cpu_seconds=0.2, wall_seconds=60.0)) as guest:
        outcome = guest.call([1], seed=1)
        assert isinstance(outcome, TimedOut) and (outcome.limit, outcome.seconds) == ("cpu", 0.2)
        assert outcome.spent.cpu_seconds >= 0.2
        assert isinstance(guest.call([0], seed=1), Returned)


def test_memory_limit_is_the_program_s_own(sandbox: JailedSandbox) -> None:
    text = "def algorithm(megabytes):\n    return len(bytearray(megabytes << 20))"
    small = Limits(memory_bytes=64 << 20)
    assert isinstance(outcome_of(sandbox, text, 48, limits=small), Returned)
    assert isinstance(outcome_of(sandbox, text, 80, limits=small), OutOfMemory)


def test_guests_of_many_threads_do_not_interfere(room: Room) -> None:
    with ThreadPoolExecutor(8) as pool:
        outcomes = pool.map(lambda n: outcome_of(room, "def algorithm(n): return n * n", n), range(16))
        assert [value_of(outcome) for outcome in outcomes] == [n * n for n in range(16)]
