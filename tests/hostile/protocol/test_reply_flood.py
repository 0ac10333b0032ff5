"""An answer larger than the limit, sent for as long as the host reads."""

from __future__ import annotations

from collections.abc import Callable

from strop.sandbox.base import Limits, Outcome, Violated


def test_guest_is_stopped_when_its_answer_is_larger_than_the_limit(solve: Callable[..., Outcome]) -> None:
    outcome = solve("def algorithm(): return 'x' * 64_000_000", Limits(cpu_seconds=20.0))
    assert isinstance(outcome, Violated)
    assert "allowed" in outcome.reason
