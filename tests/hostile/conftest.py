"""What attacks on this process and its descendants need."""

from __future__ import annotations

import pytest

from strop.evaluation.processes import idle_workers
from strop.sandbox.jail import idle_servers


@pytest.fixture(autouse=True)
def nothing_idle() -> None:
    """End the workers and servers that earlier tests left idle: they would end in the middle of a test that counts processes."""
    idle_workers.clear()
    idle_servers.clear()
