"""Half an answer, and then silence."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strop.sandbox.base import Limits, Outcome, TimedOut


@pytest.mark.parametrize("sent", ["b'\\x01'", "b'\\x0e\\0\\0\\0\\0\\0\\0\\0'", "frame(b'{\"returned\":1}')[:-1]"])
def test_guest_is_killed_at_its_deadline_when_it_sends_half_an_answer(solve: Callable[..., Outcome], sent: str) -> None:
    text = f"import time\ndef algorithm():\n    os.write(4, {sent})\n    time.sleep(600)"
    outcome = solve(text, Limits(cpu_seconds=20.0, wall_seconds=0.5))
    assert isinstance(outcome, TimedOut) and outcome.limit == "wall"
