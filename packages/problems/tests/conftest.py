"""The jail of these tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from strop.sandbox.jail import JailedSandbox


@pytest.fixture(scope="session")
def jail() -> Iterator[JailedSandbox]:
    """The strongest jail that this machine allows."""
    with JailedSandbox(solution_slots=2, improver_slots=4, require=frozenset()) as sandbox:
        yield sandbox
