"""Numbers that are not finite: they compare oddly, and 1e999 becomes one behind the parser's back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strop.sandbox.base import Outcome, Violated


@pytest.mark.parametrize(
    "text",
    [b'{"returned":%s}' % number for number in (b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999", b"[1, 1e400]")],
)
def test_guest_is_stopped_when_it_answers_what_is_not_finite(answer: Callable[..., Outcome], text: bytes) -> None:
    outcome = answer(text)
    assert isinstance(outcome, Violated)
    assert "not finite" in outcome.reason
