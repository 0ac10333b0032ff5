"""P62: a thousand samples in one call: refused whole, nothing charged, and the improver goes on."""

from __future__ import annotations

from typing import Any

import pytest

from strop.sandbox.base import Returned

SAMPLES = """
from language_model import BudgetExceeded
def improve_algorithm(s, u, l):
    try:
        l.prompt("e", "m" * 20_000, n_responses=COUNT)
    except BudgetExceeded as error:
        return str(error)
"""


@pytest.mark.parametrize("count", ["1000", "10**6", "10**30"])
def test_request_is_refused_whole_when_it_asks_for_a_thousand_samples(host: Any, count: str) -> None:
    outcome = host.improve(SAMPLES.replace("COUNT", count))
    assert isinstance(outcome, Returned) and str(outcome.value).endswith("calls asked, 4 left")
    assert (host.served, host.refused) == (0, 1)
