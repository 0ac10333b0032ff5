"""Workspaces that the tests of a file share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from strop.sandbox.workspace.jail import Workspaces


@pytest.fixture(scope="module")
def workspaces() -> Iterator[Workspaces]:
    with Workspaces(slots=3, require=frozenset()) as workspaces:
        yield workspaces
