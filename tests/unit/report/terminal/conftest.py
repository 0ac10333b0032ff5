from __future__ import annotations

from collections.abc import Callable

import pytest

from strop.base.events import (
    AuditNoted,
    BudgetMoved,
    Evaluated,
    Event,
    ImproveStarted,
    IterationFinished,
    IterationStarted,
    LmCalled,
    LmFault,
    LmResponded,
    RunFinished,
    RunStarted,
)
from strop.store import Stored
from support import records

SPEC = {"task": "lpn", "model": "offline", "iterations": 1}


def evaluated(
    scope: str, utility: str, solution: str | None, scores: tuple[float, ...], verdict: str = "ok"
) -> Evaluated:
    facts = {"utility": utility, "verdict": verdict, "verdicts": (verdict,) * len(scores)}
    return records.evaluated(solution, sum(scores) / len(scores) if scores else 0.0, scope, scores=scores, **facts)


def iteration(
    t: int, accepted: bool, train: tuple[float, ...], test: tuple[float, ...], reason: str = ""
) -> IterationFinished:
    counts = {"lm_calls": 4 + t, "evaluations": 1000 + t, "verdicts": {"ok": 900, "out of memory": 100}}
    facts = {"accepted": accepted, "reason": reason, "train": train, "test": test, "seconds": 61.0}
    return records.iterated(t, f"I{t}", **facts, **counts)


def call(scope: str) -> LmCalled:
    return LmCalled(scope=scope, call=0, expertise="e", messages=("m", "m"), temperature=0.7, cost=2)


def response(scope: str, index: int) -> LmResponded:
    return LmResponded(scope=scope, call=0, index=index, text="x", model="offline")


def fault(detail: str = "429", scope: str = "t1/improve") -> LmFault:
    return LmFault(scope=scope, call=0, index=0, fault="rate_limited", detail=detail, attempt=1, waited_seconds=2.0)


@pytest.fixture
def happened() -> list[Event]:
    """A run of one iteration, with two candidates, a fault and an audit note."""
    return [
        RunStarted(scope="", spec=SPEC, environment={}, posture={}),
        IterationStarted(scope="t0", t=0, improver="I0"),
        evaluated("t0/measure/copy0", "lpn", "s", (0.5, 0.7)),
        iteration(0, False, (0.5, 0.6, 0.7), (0.5, 0.6, 0.7)),
        IterationStarted(scope="t1", t=1, improver="I0"),
        ImproveStarted(scope="t1/improve", improver="I0", initial_solution="I0", utility="self-improvement"),
        BudgetMoved(scope="t1/improve", counter="lm_calls", amount=2, granted=True, used=2, limit=4),
        call("t1/improve"),
        response("t1/improve", 0),
        response("t1/improve", 1),
        BudgetMoved(scope="t1/improve", counter="meta_utility_calls", amount=1, granted=True, used=1, limit=25),
        ImproveStarted(scope="t1/improve/u-0123456789ab#0/copy2", improver="A", initial_solution="s", utility="lpn"),
        evaluated("t1/improve/u-0123456789ab#0/copy2/u-9#0", "lpn", "s", (0.5,), "timeout"),
        evaluated("t1/improve/u-0123456789ab#0", "self-improvement", "A", (0.7, 0.8)),
        fault(),
        AuditNoted(scope="t1/improve", rule="R004", detail="budget=1000"),
        evaluated("t1/improve/u-ba9876543210#0", "self-improvement", "B", (0.4, 0.5)),
        iteration(1, True, (0.7, 0.8, 0.9), (0.6, 0.7, 0.8)),
        RunFinished(scope="", status="finished"),
    ]


@pytest.fixture
def stored(happened: list[Event]) -> list[Stored[Event]]:
    """The same, as a store gives it: ten seconds apart."""
    return [Stored(number + 1, 10.0 * number, event) for number, event in enumerate(happened)]


@pytest.fixture
def make_iteration() -> Callable[..., IterationFinished]:
    return iteration


@pytest.fixture
def make_fault() -> Callable[..., LmFault]:
    return fault


@pytest.fixture
def make_evaluated() -> Callable[..., Evaluated]:
    return evaluated


@pytest.fixture
def make_call() -> Callable[[str], LmCalled]:
    return call
