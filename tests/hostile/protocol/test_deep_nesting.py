"""Two hundred thousand lists, one in the other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strop.sandbox.base import Outcome, Violated


@pytest.mark.parametrize(
    "text",
    [b'{"returned":' + b"[" * 200_000 + b"]" * 200_000 + b"}", b'{"returned":' + b'{"a":' * 70 + b"1" + b"}" * 71],
)
def test_guest_is_stopped_when_it_answers_deep_nesting(answer: Callable[..., Outcome], text: bytes) -> None:
    outcome = answer(text)
    assert isinstance(outcome, Violated)
    assert "deeper" in outcome.reason
