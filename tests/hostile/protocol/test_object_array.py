"""Arrays of types whose elements could act when the host touches them, or that claim what was not sent."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strop.sandbox.base import Outcome, Violated


@pytest.mark.parametrize(
    "text",
    [
        b'{"returned":{"__nd__":["%s",[1]]}}' % name
        for name in (b"|O", b"O", b"<U8", b"|S8", b"|V8", b"<M8[s]", b"<f16", b"f8,O")
    ],
)
def test_guest_is_stopped_when_it_answers_an_array_that_may_not_cross(
    answer: Callable[..., Outcome], text: bytes
) -> None:
    outcome = answer(text)
    assert isinstance(outcome, Violated)
    assert "may not cross" in outcome.reason
