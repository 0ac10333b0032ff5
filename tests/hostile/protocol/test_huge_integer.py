"""An integer of thousands of digits, which costs the host the square of them to read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strop.sandbox.base import Outcome, Violated


@pytest.mark.parametrize("text", [b'{"returned":1%s}' % (b"0" * digits) for digits in (20, 21, 4000, 100_000)])
def test_guest_is_stopped_when_it_answers_a_huge_integer(answer: Callable[..., Outcome], text: bytes) -> None:
    outcome = answer(text)
    assert isinstance(outcome, Violated)
    assert "outside 64 bits" in outcome.reason
