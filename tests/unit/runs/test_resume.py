"""What a record says to the work that goes on with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from strop.base.budget import COST, LM_CALLS, Budget
from strop.base.events import (
    BudgetMoved,
    Evaluated,
    ImproveFinished,
    ImproveStarted,
    LmCalled,
    LmFault,
    LmResponded,
    RunFinished,
    RunResumed,
    RunStarted,
)
from strop.lm.base import Request
from strop.runs.resume import answers, identities, identity, recall, requests
from strop.store import Store
from support import records

STARTED = RunStarted(scope="", spec={}, environment={}, posture={})
RESUMED = RunResumed(scope="", spec={}, environment={}, posture={}, events=1, seconds=1.0)
FINISHED = RunFinished(scope="", status="interrupted")


def evaluated(scope: str = "t1/improve/u-ab#0", **changes: Any) -> Evaluated:
    return records.evaluated("def f(): ...", scope=scope) if not changes else replace(evaluated(scope), **changes)


def responded(key: str, *, is_repeat: bool = False, scope: str = "t1/gate/pair0/a", index: int = 0) -> LmResponded:
    return LmResponded(
        scope=scope,
        call=0,
        index=index,
        text=f"answer to {key}",
        model="m",
        input_tokens=0 if is_repeat else 7,
        output_tokens=2,
        seconds=1.5,
        parameters={"temperature": 0.5},
        request=key,
        cost=11,
        is_repeat=is_repeat,
    )


def moved(counter: str, amount: int, scope: str, *, granted: bool = True) -> BudgetMoved:
    return BudgetMoved(scope=scope, counter=counter, amount=amount, granted=granted, used=1, limit=None)


def test_event_is_the_same_when_only_a_clock_differs() -> None:
    assert identity(evaluated()) == identity(evaluated(cpu_seconds=9.0, wall_seconds=9.0))
    assert identity(evaluated()) != identity(evaluated(value=0.6)) != identity(evaluated(solution="x"))
    assert identity(responded("k")) != identity(replace(responded("k"), text="another"))


def test_event_is_recognised_in_the_record_it_was_appended_to(tmp_path: Path) -> None:
    for number, solution in enumerate(("def f(): ...", "", None)):
        event = ImproveFinished(scope="t1/improve", solution=solution, utility_calls=1, lm_calls=1)
        with Store.create(tmp_path / str(number), {}) as store:
            store.append(event)
            found = recall(store)
        assert found.is_recorded(replace(event, cpu_seconds=3.0)) and not found.is_recorded(event), (
            "each is known as often as it was told"
        )


def test_record_without_its_frame_faults_and_money_is_what_happened(store: Store) -> None:
    lost = LmFault(scope="t1", call=0, index=-1, fault="timeout", detail="", attempt=1, waited_seconds=0.1)
    for event in (STARTED, evaluated(), moved(COST, 5, "t1"), lost, FINISHED, RESUMED):
        store.append(event)
    assert identities(store).total() == 1


def test_what_happened_is_the_same_however_often_a_budget_refused_an_act_of_threads(store: Store) -> None:
    once = (moved("utility_calls", 1, "improve/handles"), moved("utility_calls", 1, "improve/handles", granted=False))
    for event in once:
        store.append(event)
    found = identities(store)
    for event in (once[1], once[1]):
        store.append(event)
    assert identities(store) == found and found.total() == 2
    store.append(once[0])
    assert identities(store) != found, "what was granted is counted"


def test_evaluations_and_improvements_are_found_by_their_scope(store: Store) -> None:
    ended = ImproveFinished(
        scope="t1/improve/u-ab#0/copy0", outcome="raised", detail="why", solution="text", utility_calls=1, lm_calls=1
    )
    started = ImproveStarted(scope=ended.scope, improver="program", initial_solution="s", utility="lpn")
    spent = moved(LM_CALLS, 3, f"{ended.scope}/handles")
    call = LmCalled(scope=ended.scope, call=0, expertise="", messages=("m", "n"), temperature=0.7, cost=3)
    for event in (
        started,
        spent,
        call,
        moved(LM_CALLS, 9, f"{ended.scope}/handles", granted=False),
        evaluated(),
        ended,
    ):
        store.append(event)
    past = recall(store).past
    run = Budget()
    at = run.child("t1").child("improve").child("u-ab#0").child("copy0")
    found = past.improvement(at)
    assert found is not None and (found.solution, found.outcome, found.detail) == ("text", "raised", "why")
    assert (at.used(LM_CALLS), run.used(LM_CALLS)) == (3, 3), "what it spent is counted again, what was refused is not"
    assert past.evaluation(run.child("t1"), "") is None and past.improvement(run.child("t1")) is None
    assert past.spent["t1"] == {LM_CALLS: 3}


def test_pair_is_taken_from_the_record_only_whole(store: Store) -> None:
    for name in ("a", "b"):
        store.append(ImproveFinished(scope=f"t1/gate/pair0/{name}", solution="x"))
    past = recall(store).past
    assert past.of_pair("t1/gate/pair0/a", "t1/gate/pair0/b").improvements
    assert not past.of_pair("t1/gate/pair0/a", "t1/gate/pair1/b").improvements


def test_answers_are_those_that_were_paid_for_with_their_faults(store: Store) -> None:
    fault = LmFault(
        scope="t1/gate/pair0/a",
        call=0,
        index=0,
        fault="rate_limited",
        detail="d",
        attempt=3,
        waited_seconds=2,
        times=3,
        maybe_billed=True,
    )
    for event in (
        fault,
        responded("k1"),
        responded("k1", is_repeat=True, scope="t1/gate/pair0/b"),
        responded("", index=1),
    ):
        store.append(event)
    found = answers(store)
    assert set(found) == {"k1"}
    assert (found["k1"].input_tokens, found["k1"].cost, found["k1"].parameters) == (7, 11, {"temperature": 0.5})
    assert [(each.fault, each.times, each.maybe_billed) for each in found["k1"].faults] == [("rate_limited", 3, True)]


def test_requests_of_a_record_are_told_apart_by_their_sample(store: Store) -> None:
    call = LmCalled(scope="t1", call=0, expertise="e", messages=("m", "m", "n"), temperature=0.7, cost=1)
    store.append(call)
    store.append(replace(call, call=1))
    assert [each.sample for each in requests(store)] == [0, 1, 0, 2, 3, 1]
    assert next(requests(store)) == Request("e", "m", 0.7, "t1", 0)


def test_money_counts_what_was_set_aside_and_never_settled(store: Store) -> None:
    for event in (moved(COST, 100, "t1"), moved(COST, -60, "t1"), moved(COST, 30, "t2")):
        store.append(event)
    assert recall(store).money[COST] == 70


def test_time_is_that_of_all_stretches_without_the_pauses_between_them(tmp_path: Path) -> None:
    clock = iter([10.0, 12.0, 15.0, 100.0, 101.0, 105.0, 90.0])  # in the end it is set back
    with Store.create(tmp_path / "run", {}, lambda: next(clock)) as store:
        for event in (STARTED, evaluated("t1/a"), evaluated("t1/b"), RESUMED, evaluated("t1/c"), evaluated("t1/d")):
            store.append(event)
        found = recall(store)
        assert (found.seconds, found.tallies["t1"].seconds) == (5.0 + 5.0, 3.0 + 4.0)
        store.append(FINISHED)
        assert recall(store).seconds == 5.0
