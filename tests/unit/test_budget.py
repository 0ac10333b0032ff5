"""Budgets: what is reserved, where, and that no race passes a limit."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strop.budget import Budget, Movement
from strop.errors import BudgetExceeded


def test_reservation_counts_in_every_budget_of_the_chain_when_it_is_granted() -> None:
    run = Budget()
    improve = run.child("t1").child("improve", {"calls": 3})
    improve.reserve("calls", 2)
    assert (improve.used("calls"), run.used("calls"), improve.remaining("calls")) == (2, 2, 1)


def test_reservation_counts_nowhere_when_a_budget_above_does_not_cover_it() -> None:
    run = Budget({"calls": 2})
    improve = run.child("improve", {"calls": 10})
    with pytest.raises(BudgetExceeded, match=r"2 more|3 more"):
        improve.reserve("calls", 3)
    assert (improve.used("calls"), run.used("calls")) == (0, 0)


def test_remaining_is_the_least_room_of_the_chain_when_several_limits_hold() -> None:
    run = Budget({"calls": 5})
    first, second = run.child("a", {"calls": 4}), run.child("b", {"calls": 4})
    first.reserve("calls", 3)
    assert second.remaining("calls") == 2
    assert second.remaining("unlimited") is None


@pytest.mark.parametrize("amount", [0, -1])
def test_reservation_is_refused_as_a_mistake_when_it_would_give_back(amount: int) -> None:
    with pytest.raises(ValueError, match="least is 1"):
        Budget().reserve("calls", amount)


def test_budget_tells_every_movement_when_granted_or_refused() -> None:
    told: list[Movement] = []
    budget = Budget({"calls": 1}, on_movement=told.append).child("improve")
    budget.reserve("calls")
    with pytest.raises(BudgetExceeded):
        budget.reserve("calls")
    assert [(m.path, m.granted, m.used) for m in told] == [("improve", True, 1), ("improve", False, 1)]


@pytest.fixture
def eager_switching() -> Iterator[None]:
    """Threads change places as often as the interpreter lets them, so that a missing lock shows."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("eager_switching")
def test_exactly_the_limit_is_granted_when_threads_race_for_it() -> None:
    run = Budget({"calls": 3000})
    budgets = [run.child(str(number), {"calls": 1}) for number in range(3000)]

    def greedy(_: int) -> int:
        granted = 0
        for budget in budgets:
            with suppress(BudgetExceeded):
                budget.reserve("calls")
                granted += 1
        return granted

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(greedy, range(16))) == 3000
    assert {budget.used("calls") for budget in budgets} == {1} and run.used("calls") == 3000


LIMITS = st.lists(st.one_of(st.none(), st.integers(0, 12)), min_size=1, max_size=4)
REQUESTS = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4)), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(limits=LIMITS, requests=REQUESTS)
def test_no_interleaving_of_threads_spends_more_than_any_limit_of_the_chain(
    limits: list[int | None], requests: list[tuple[int, int]]
) -> None:
    chain = [Budget({} if limits[0] is None else {"calls": limits[0]})]
    for limit in limits[1:]:
        chain.append(chain[-1].child("in", {} if limit is None else {"calls": limit}))

    def ask(request: tuple[int, int]) -> tuple[int, int] | None:
        level, amount = min(request[0], len(chain) - 1), request[1]
        try:
            chain[level].reserve("calls", amount)
        except BudgetExceeded:
            return None
        return level, amount

    with ThreadPoolExecutor(8) as pool:
        granted = [one for one in pool.map(ask, requests) if one]
    for level, (budget, limit) in enumerate(zip(chain, limits, strict=True)):
        spent_here_and_below = sum(amount for at, amount in granted if at >= level)
        assert budget.used("calls") == spent_here_and_below
        assert limit is None or spent_here_and_below <= limit
