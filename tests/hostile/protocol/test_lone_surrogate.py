"""A text that cannot be written to a file."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strop.sandbox.base import Outcome, Violated


@pytest.mark.parametrize("text", [b'{"returned":"\\ud800"}', b'{"returned":{"\\udfff":1}}'])
def test_guest_is_stopped_when_it_answers_a_lone_surrogate(answer: Callable[..., Outcome], text: bytes) -> None:
    outcome = answer(text)
    assert isinstance(outcome, Violated)
    assert "surrogate" in outcome.reason
