"""Where the machine's memory is short nothing starts: until there is more, or with one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from strop.base.errors import SandboxError
from strop.sandbox.base import GuestProgram, Limits, Returned
from strop.sandbox.jail import JailedSandbox
from strop.sandbox.memory_floor import free_memory, wait_for_memory
from strop.sandbox.workspace.base import Tree
from strop.sandbox.workspace.jail import Workspaces

MIB, GIB = 1 << 20, 1 << 30
PROGRAM = GuestProgram("def f():\n    return 1\n", "f")


def test_memory_of_this_machine_is_read() -> None:
    found = free_memory()
    assert found is not None
    assert found[0] > 0
    assert found[1] > 64 * MIB


@pytest.mark.parametrize("found", [None, (256 * MIB, 64 * GIB), (32 * MIB, GIB)])
def test_nothing_waits_where_there_is_enough_or_the_system_does_not_tell(found: tuple[int, int] | None) -> None:
    slept: list[float] = []
    wait_for_memory(lambda: found, sleep=slept.append)
    assert slept == []


def test_wait_ends_when_memory_is_given_back() -> None:
    readings, slept = [(300 * MIB, 64 * GIB), (90 * MIB, 64 * GIB), (90 * MIB, 64 * GIB)], list[float]()
    wait_for_memory(readings.pop, sleep=slept.append)
    assert len(slept) == 2


def test_wait_ends_in_one_sentence_when_no_memory_comes_back() -> None:
    slept: list[float] = []
    with pytest.raises(SandboxError, match=r"not enough memory: 90 MiB free, 256 MiB needed: ") as raised:
        wait_for_memory(lambda: (90 * MIB, 64 * GIB), sleep=slept.append)
    assert "\n" not in str(raised.value)
    assert 59 < sum(slept) < 61


def too_little() -> None:
    wait_for_memory(lambda: (90 * MIB, 64 * GIB), patience=0.0)


def test_no_guest_starts_where_memory_is_short_and_the_next_one_does_where_it_is_not() -> None:
    short = [False]
    with JailedSandbox(solution_slots=1, improver_slots=1, require=frozenset()) as sandbox:
        sandbox.wait_for_memory = lambda: too_little() if short[0] else None
        for short[0] in (True, True):
            with pytest.raises(SandboxError, match="not enough memory: 90 MiB free"):
                sandbox.open(PROGRAM, Limits())
        short[0] = False
        with sandbox.open(PROGRAM, Limits()) as guest:
            assert isinstance(guest.call([], seed=0), Returned)


def test_no_workspace_starts_where_memory_is_short(tmp_path: Path) -> None:
    with Workspaces(slots=1, require=(), wait_for_memory=too_little) as workspaces:
        for _ in range(2):  # the place was given back
            with pytest.raises(SandboxError, match="not enough memory: 90 MiB free"):
                workspaces.open(Tree(tmp_path, {}))
