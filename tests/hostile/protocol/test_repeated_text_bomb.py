"""A repetition that unfolds to a hundred million texts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strop.sandbox.base import Outcome, Violated


@pytest.mark.parametrize(
    "text",
    [
        b'{"returned":{"__times__":["a",100000000]}}',
        b'{"returned":[%s]}' % b",".join([b'{"__times__":["a",900000]}'] * 9),
    ],
)
def test_guest_is_stopped_when_it_sends_a_small_frame_that_unfolds_to_a_large_one(
    answer: Callable[..., Outcome], text: bytes
) -> None:
    outcome = answer(text)
    assert isinstance(outcome, Violated)
    assert "nodes" in outcome.reason
