"""A program sends its own score beside its answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strop.sandbox.base import Outcome, Violated


@pytest.mark.parametrize("text", [b'{"returned":1,"score":1.0}', b'{"score":1.0}', b'{"ok":1}', b"{}"])
def test_guest_is_stopped_when_it_sends_a_score_of_its_own(answer: Callable[..., Outcome], text: bytes) -> None:
    outcome = answer(text)
    assert isinstance(outcome, Violated)
    assert "unknown message" in outcome.reason
