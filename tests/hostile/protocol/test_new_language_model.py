"""P62: a `LanguageModel` of one's own, with a larger budget (§6.2)."""

from __future__ import annotations

from typing import Any

from strop.sandbox.base import Returned

OWN_MODEL = """
from language_model import LanguageModel, BudgetExceeded
def improve_algorithm(s, u, l):
    model, answers = LanguageModel(budget=1000, max_responses_per_call=100), 0
    for _ in range(50):
        try:
            answers += len(model.prompt("e", "m"))
        except BudgetExceeded:
            pass
    return str(answers)
"""


def test_host_serves_the_granted_calls_when_an_improver_builds_its_own_model(host: Any) -> None:
    outcome = host.improve(OWN_MODEL)
    assert isinstance(outcome, Returned) and outcome.value == "4"
    assert (host.served, host.refused) == (4, 46)
    assert host.notes == [["new_language_model", "budget=1000, max_responses_per_call=100"]]
