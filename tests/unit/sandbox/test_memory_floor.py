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


def test_start_waits_only_where_memory_is_short_until_there_is_more_or_ends_in_one_sentence() -> None:
    found = free_memory()
    assert found is not None and found[0] > 0 and found[1] > 64 * MIB, "of this machine"
    for enough in (None, (256 * MIB, 64 * GIB), (32 * MIB, GIB)):
        slept: list[float] = []
        wait_for_memory(lambda enough=enough: enough, sleep=slept.append)  # type: ignore[misc]
        assert slept == [], enough
    readings = [(300 * MIB, 64 * GIB), (90 * MIB, 64 * GIB), (90 * MIB, 64 * GIB)]
    wait_for_memory(readings.pop, sleep=slept.append)
    assert len(slept) == 2
    slept.clear()
    with pytest.raises(SandboxError, match=r"not enough memory: 90 MiB free, 256 MiB needed: ") as raised:
        wait_for_memory(lambda: (90 * MIB, 64 * GIB), sleep=slept.append)
    assert "\n" not in str(raised.value) and 59 < sum(slept) < 61


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
