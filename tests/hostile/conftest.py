"""What attacks on this process and its descendants need."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from strop.evaluation.pool import idle_workers
from strop.sandbox.jail import idle_servers
from strop.sandbox.workspace.jail import Workspaces
from strop_selftest.traces import is_alive
from support.processes import descendants

LOOKS = 5
"""Equal looks after which no process is ending any more."""


@pytest.fixture(scope="module")
def workspaces() -> Iterator[Workspaces]:
    """Workspaces with every layer that this machine has."""
    with Workspaces(slots=2, require=()) as workspaces:
        yield workspaces


@pytest.fixture
def nothing_idle() -> None:
    """End the workers and servers that earlier tests left idle: they would end in the middle of a test that counts processes."""
    idle_workers.clear()
    idle_servers.clear()
    last, equal = _counts(), 0
    while equal < LOOKS:
        time.sleep(0.01)
        now = _counts()
        last, equal = now, equal + 1 if now == last else 0


def _counts() -> tuple[int, int]:
    """Descendants that live, and all with those that have ended."""
    everyone = descendants(os.getpid(), dead=True)
    return sum(map(is_alive, everyone)), len(everyone)
