"""The same key twice: a check may read one and a use the other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strop.sandbox.base import Outcome, Violated


@pytest.mark.parametrize("text", [b'{"returned":1,"returned":2}', b'{"returned":{"a":1,"a":2}}'])
def test_guest_is_stopped_when_it_gives_a_key_twice(answer: Callable[..., Outcome], text: bytes) -> None:
    outcome = answer(text)
    assert isinstance(outcome, Violated)
    assert "given twice" in outcome.reason
