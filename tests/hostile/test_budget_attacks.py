"""Improvers that try to spend more than they were granted, run by the real `improve()` in the real jail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from strop.budget import LM_CALLS, RESPONSES, UTILITY_CALLS
from strop.events import AuditNoted, Evaluated, LmResponded
from strop.handles import Grant

BUDGETS = Path(__file__).parent / "budgets"
GRANT = Grant(utility_calls=25, lm_calls=4, max_responses_per_call=6)
OBSERVED: dict[str, tuple[str, int, int]] = {
    "new_language_model_object": ("4", 4, 0),
    "rewritten_budgets": ("4 25", 4, 25),
    "swallowed_exceptions": ("4", 4, 0),
    "racing_threads": ("4", 4, 25),
    "thousand_samples": ("2 refused, 25 scored, 4 calls left", 0, 25),
    "unsandboxed_evaluation": ("[0.0, 0.0, 0.0]", 0, 3),
}
"""File -> (what it returns, LM calls served, evaluations served)."""


def attack(bench: Callable[..., Any], name: str) -> tuple[Any, Any]:
    b = bench(grant=GRANT, score=lambda instance, answer: 1.0)
    return b, b.improve((BUDGETS / f"{name}.py").read_text())


@pytest.mark.parametrize("name", sorted(path.stem for path in BUDGETS.glob("*.py")))
def test_exactly_what_was_granted_is_served_when_an_improver_asks_for_more(
    bench: Callable[..., Any], name: str
) -> None:
    b, improvement = attack(bench, name)
    returned, calls, evaluations = OBSERVED[name]
    assert improvement.solution == returned, improvement
    assert (b.budget.used(LM_CALLS), b.budget.used(UTILITY_CALLS)) == (calls, evaluations)
    assert (len(b.of(LmResponded)), len(b.of(Evaluated))) == (b.budget.used(RESPONSES), evaluations)


@pytest.mark.parametrize(
    ("name", "rule", "count"),
    [("new_language_model_object", "new_language_model", 1), ("unsandboxed_evaluation", "utility_arguments", 3)],
)
def test_attempt_is_an_audit_note(bench: Callable[..., Any], name: str, rule: str, count: int) -> None:
    b, _ = attack(bench, name)
    assert [event.rule for event in b.of(AuditNoted)] == [rule] * count
