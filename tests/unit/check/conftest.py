"""A small task under strop check, in the real jail."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strop.checks.check import check
from strop.checks.checked import Checked
from strop.sandbox.jail import JailedSandbox
from support.commands_here import here


@pytest.fixture
def checked(jail: JailedSandbox) -> Callable[..., Checked]:
    """`checked(task)`: what strop check finds."""
    return lambda task: check(task, here(task, jail=jail), b"s" * 32)
