"""The guests that the paper's improvers run in: jailed, as in every run, and plain, which must make no difference."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from strop.sandbox.base import Sandbox
from strop.sandbox.jail import JailedSandbox
from strop_selftest.plain_guest import PlainSandbox


@pytest.fixture(scope="session", params=["jailed", "plain"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    made: Sandbox = PlainSandbox()
    if request.param == "jailed":
        made = JailedSandbox(solution_slots=1, improver_slots=1, require=frozenset())
    yield made
    made.close()
