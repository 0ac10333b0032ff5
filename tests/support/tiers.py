"""Choose which parameters of a test run in `make test`; the others wait for `make test-all`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest


def slow_unless(in_time: Callable[..., bool], values: Iterable[Any]) -> list[Any]:
    """The values for `parametrize`; those for which `in_time(value)` is false are marked slow. A tuple is unpacked."""
    marked = []
    for value in values:
        items = value if isinstance(value, tuple) else (value,)
        marked.append(value if in_time(*items) else pytest.param(*items, marks=pytest.mark.slow))
    return marked
