"""A second answer behind the first: whichever the host took, the other would wait for the next call."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strop.sandbox.base import Outcome, Violated


@pytest.mark.parametrize(
    "second", ["frame(b'{\"returned\":2}')", 'b"x"', 'frame(b\'{"request":1,"method":"lm","params":[]}\')']
)
def test_guest_is_stopped_when_it_sends_more_than_one_answer(solve: Callable[..., Outcome], second: str) -> None:
    outcome = solve(f"def algorithm():\n    os.write(4, frame(b'{{\"returned\":1}}') + {second})\n    while True: pass")
    assert isinstance(outcome, Violated)
    assert outcome.reason == "more was sent after the answer"
