"""Budgets: what is reserved, where, and that no race passes a limit."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strop.base.budget import Budget
from strop.base.errors import BudgetExceeded
from strop.base.events import BudgetMoved
from support.rows import table


def test_remaining_is_the_least_room_of_the_chain_when_several_limits_hold() -> None:
    run = Budget({"calls": 5})
    first, second = run.child("a", {"calls": 4}), run.child("b", {"calls": 4})
    first.reserve("calls", 3)
    assert second.remaining("calls") == 2
    assert second.remaining("unlimited") is None


@table("amount", [0, -1])
def test_reservation_is_refused_as_a_mistake_when_it_would_give_back(amount: int) -> None:
    with pytest.raises(ValueError, match="least is 1"):
        Budget().reserve("calls", amount)


@table(("of_run", "told_of"), [(None, [True, False]), (1, [True])], ids=["of its own", "of the run"])
def test_budget_tells_every_movement_but_the_refusal_by_the_root_which_ends_the_run(
    of_run: int | None, told_of: list[bool]
) -> None:
    told: list[BudgetMoved] = []
    run = Budget({"calls": of_run} if of_run else {}, on_movement=told.append)
    budget = run.child("improve", {} if of_run else {"calls": 1})
    budget.reserve("calls")
    with pytest.raises(BudgetExceeded):
        budget.reserve("calls")
    assert [(m.scope, m.granted, m.used) for m in told] == [("improve", granted, 1) for granted in told_of]


@pytest.fixture
def eager_switching() -> Iterator[None]:
    """Threads change places as often as the interpreter lets them, so that a missing lock shows."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.heavy
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


def test_what_was_held_and_not_needed_is_given_back_when_it_is_settled() -> None:
    told: list[BudgetMoved] = []
    run = Budget({"cost": 100}, on_movement=told.append)
    call = run.child("t1")
    call.hold({"cost": 80, "tokens": 8})
    assert (run.used("cost"), run.held("cost"), run.remaining("cost")) == (80, 80, 20)
    call.settle("cost", 80, 30)
    call.settle("tokens", 8, 8)
    assert (run.used("cost"), run.held("cost"), run.used("tokens"), run.held("tokens")) == (30, 0, 8, 0)
    assert [(m.scope, m.counter, m.amount, m.used) for m in told] == [
        ("t1", "cost", 80, 80),
        ("t1", "tokens", 8, 8),
        ("t1", "cost", -50, 30),
    ]


def test_settling_passes_the_limit_when_more_was_used_than_held() -> None:
    run = Budget({"cost": 10})
    run.hold({"cost": 10})
    run.settle("cost", 10, 25)
    assert (run.used("cost"), run.remaining("cost")) == (25, 0)
    with pytest.raises(BudgetExceeded):
        run.hold({"cost": 1})


@table(("held", "actual"), [(5, -1), (-1, 0), (6, 0)])
def test_settling_is_refused_as_a_mistake_when_it_would_make_a_total_of_less_than_nothing(
    held: int, actual: int
) -> None:
    budget = Budget()
    budget.hold({"cost": 5})
    with pytest.raises(ValueError, match="cost"):
        budget.settle("cost", held, actual)
    assert (budget.used("cost"), budget.held("cost")) == (5, 5), (held, actual)


def test_nothing_is_held_when_one_counter_of_several_is_refused() -> None:
    run = Budget({"cost": 10, "tokens": 5})
    with pytest.raises(BudgetExceeded, match="tokens"):
        run.hold({"cost": 4, "tokens": 6})
    assert (run.used("cost"), run.held("cost"), run.used("tokens")) == (0, 0, 0)


def test_holding_waits_until_it_fits_when_what_is_in_flight_may_be_given_back() -> None:
    run = Budget({"cost": 10})
    run.hold({"cost": 8})
    with ThreadPoolExecutor(1) as pool:
        later = pool.submit(run.child("later").hold, {"cost": 9})
        run.settle("cost", 8, 1)
        later.result()
    assert (run.used("cost"), run.held("cost")) == (10, 9)


def test_holding_is_refused_without_a_wait_when_nothing_in_flight_could_make_room() -> None:
    run = Budget({"cost": 10})
    run.reserve("cost", 5)
    run.hold({"cost": 3})
    with pytest.raises(BudgetExceeded, match="8 of 10 used, 6 more"):
        run.hold({"cost": 6})
    with pytest.raises(BudgetExceeded):
        run.hold({"cost": 4}, wait=False)


def test_whoever_waits_is_refused_when_what_was_in_flight_took_all_that_it_held() -> None:
    run = Budget({"cost": 10})
    run.hold({"cost": 8})
    with ThreadPoolExecutor(1) as pool:
        later = pool.submit(run.hold, {"cost": 9})
        run.settle("cost", 8, 8)
        with pytest.raises(BudgetExceeded):
            later.result()


def test_what_was_spent_before_counts_in_the_chain_without_a_movement_when_it_is_restored() -> None:
    told: list[BudgetMoved] = []
    run = Budget({"cost": 10}, on_movement=told.append)
    iteration = run.child("t1")
    iteration.restore("cost", 12)
    assert (iteration.used("cost"), run.used("cost"), run.remaining("cost"), told) == (12, 12, 0, [])


def test_budget_is_found_by_its_path_when_someone_holds_it_else_the_nearest_above() -> None:
    run = Budget()
    iteration = run.child("t1")
    improve = iteration.child("improve")
    assert improve.node("t1/improve") is improve and run.node("t1/improve/u-1#0/copy2") is improve
    assert improve.node("t2/improve") is run and improve.node("") is run
    del improve
    assert run.node("t1/improve") is iteration


@pytest.mark.usefixtures("eager_switching")
def test_no_limit_is_passed_and_nobody_waits_for_ever_when_threads_hold_and_settle() -> None:
    run = Budget({"cost": 1000})
    most: list[int] = []

    def call(number: int) -> int:
        budget = run.child(str(number))
        worst, actual = 40 + number % 7, number % 5
        try:
            budget.hold({"cost": worst})
        except BudgetExceeded:
            return 0
        most.append(run.used("cost"))
        budget.settle("cost", worst, actual)
        return actual

    with ThreadPoolExecutor(40) as pool:
        spent = sum(pool.map(call, range(2000)))
    assert spent == run.used("cost") and run.held("cost") == 0
    assert 950 < spent <= 1000 and max(most) <= 1000
