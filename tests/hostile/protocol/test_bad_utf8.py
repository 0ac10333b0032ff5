"""An answer whose text is not UTF-8."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strop.sandbox.base import Outcome, Violated


@pytest.mark.parametrize("text", [b'{"returned":"\xff\xfe"}', b'{"returned":"\xed\xa0\x80"}'])
def test_guest_is_stopped_when_its_text_is_not_utf_8(answer: Callable[..., Outcome], text: bytes) -> None:
    outcome = answer(text)
    assert isinstance(outcome, Violated)
    assert "not UTF-8" in outcome.reason
