"""P62: counters rewritten in the guest, on the handle, its class and everything they hold (§6.2)."""

from __future__ import annotations

from typing import Any

from strop.sandbox.base import Returned

REWRITE = """
import language_model
def improve_algorithm(s, u, l):
    u.uses, u.budget, l.budget, l.max_responses_per_call, l.times_used = 0, 10**9, 10**9, 10**9, -1
    type(l).budget = type(l).remaining = language_model._Grant.budget = 10**9
    answers = 0
    for _ in range(60):
        try:
            answers += len(l.prompt("e", "m"))
        except Exception:
            u.uses = 0
    return str(answers)
"""


def test_host_serves_the_granted_calls_when_an_improver_rewrites_its_budget(host: Any) -> None:
    outcome = host.improve(REWRITE)
    assert isinstance(outcome, Returned) and outcome.value == "4"
    assert (host.served, host.refused) == (4, 56)
