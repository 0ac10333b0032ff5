"""A frame whose header claims gigabytes: it is refused before a byte of it is kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strop.sandbox.base import Outcome, Violated


@pytest.mark.parametrize(
    "header", [b"\xff" * 8, b"\xff\xff\xff\xff\0\0\0\0", b"\x09\0\0\0\xff\xff\xff\xff", b"GET / HT"]
)
def test_guest_is_stopped_when_its_header_claims_more_than_the_limit(
    solve: Callable[..., Outcome], header: bytes
) -> None:
    outcome = solve(f"def algorithm():\n    os.write(4, {header!r})\n    while True: pass")
    assert isinstance(outcome, Violated)
    assert "allowed" in outcome.reason
