"""Events and results that are made up, for pages and lines."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

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
from strop.base.results import Evaluation
from strop.runs.evaluate import concluded
from strop.runs.meta import Meta
from strop.runs.results.measured import Ending, Measured, Measurement, SeedSolution
from strop.runs.results.parts import Sample, sample
from strop.runs.results.trained import Trained
from strop.runs.train import trained_of
from strop.store import Stored
from support import records
from support.tables import terminal

HOSTILE = "\x1b[2J\x1b]0;owned\x07 [bold red]markup[/bold red] [/] \u202e \ud800 \r gone"
HERE = Path("runs/x")


def printed(show: Callable[[Console], object], width: int = 80, encoding: str = "utf-8") -> str:
    """What `show` prints on a terminal."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    show(terminal(stream, width))
    stream.seek(0)
    return stream.read()


def started(**spec: object) -> RunStarted:
    spec = {"task": "lpn", "model": "offline", "iterations": 1} | spec
    return RunStarted(scope="", spec=spec, environment={}, posture={})


def evaluated(
    scope: str, utility: str, solution: str | None, scores: tuple[float, ...], verdict: str = "ok"
) -> Evaluated:
    facts = {"utility": utility, "verdict": verdict, "verdicts": (verdict,) * len(scores)}
    return records.evaluated(solution, sum(scores) / len(scores) if scores else 0.0, scope, scores=scores, **facts)


def tried(t: int, text: str | None, verdict: str = "ok") -> Evaluated:
    """A candidate for an improver."""
    return evaluated(f"t{t}/improve/u-{text}#0", "self-improvement", text, (0.5, 0.7), verdict)


def failing(n: int, error: str) -> Evaluated:
    return records.evaluated(f"s{n}", 0.0, f"improve/u-{n}", verdict="raised", error=error)


def began(t: int, improver: str) -> ImproveStarted:
    return ImproveStarted(
        scope=f"t{t}/improve", improver=improver, initial_solution=improver, utility="self-improvement"
    )


def iteration(
    t: int, accepted: bool, train: tuple[float, ...], test: tuple[float, ...], reason: str = "", **more: Any
) -> IterationFinished:
    counts = {"lm_calls": 4 + t, "evaluations": 1000 + t, "verdicts": {"ok": 900, "out of memory": 100}}
    facts = {"accepted": accepted, "reason": reason, "train": train, "test": test, "seconds": 61.0}
    return records.iterated(t, **{"improver": f"I{t}", **facts, **counts, **more})


def call(scope: str) -> LmCalled:
    return LmCalled(scope=scope, call=0, expertise="e", messages=("m", "m"), temperature=0.7, cost=2)


def response(scope: str, index: int) -> LmResponded:
    return LmResponded(scope=scope, call=0, index=index, text="x", model="offline")


def fault(detail: str = "429", scope: str = "t1/improve") -> LmFault:
    return LmFault(scope=scope, call=0, index=0, fault="rate_limited", detail=detail, attempt=1, waited_seconds=2.0)


def note(rule: str, times: int = 1, **more: Any) -> AuditNoted:
    return AuditNoted(**{"scope": "t1/improve", "rule": rule, "detail": "a detail", "times": times, **more})


def moved(scope: str, counter: str, used: int, limit: int | None, amount: int = 1) -> BudgetMoved:
    return BudgetMoved(scope=scope, counter=counter, amount=amount, granted=True, used=used, limit=limit)


def happened() -> list[Event]:
    """A run of one iteration, with two candidates, a fault and an audit note."""
    return [
        started(),
        IterationStarted(scope="t0", t=0, improver="I0"),
        evaluated("t0/measure/copy0", "lpn", "s", (0.5, 0.7)),
        iteration(0, False, (0.5, 0.6, 0.7), (0.5, 0.6, 0.7)),
        IterationStarted(scope="t1", t=1, improver="I0"),
        began(1, "I0"),
        moved("t1/improve", "lm_calls", 2, 4),
        call("t1/improve"),
        response("t1/improve", 0),
        response("t1/improve", 1),
        moved("t1/improve", "meta_utility_calls", 1, 25),
        ImproveStarted(scope="t1/improve/u-0123456789ab#0/copy2", improver="A", initial_solution="s", utility="lpn"),
        evaluated("t1/improve/u-0123456789ab#0/copy2/u-9#0", "lpn", "s", (0.5,), "timeout"),
        evaluated("t1/improve/u-0123456789ab#0", "self-improvement", "A", (0.7, 0.8)),
        fault(),
        note("R004", detail="budget=1000"),
        evaluated("t1/improve/u-ba9876543210#0", "self-improvement", "B", (0.4, 0.5)),
        iteration(1, True, (0.7, 0.8, 0.9), (0.6, 0.7, 0.8)),
        RunFinished(scope="", status="finished"),
    ]


def stored(events: Sequence[Event]) -> list[Stored[Event]]:
    """The events as a store gives them: ten seconds apart."""
    return [Stored(number + 1, 10.0 * number, event) for number, event in enumerate(events)]


def trained(events: Sequence[Event] | Sequence[Stored[Event]], **meta: Any) -> Trained:
    """The result of a run."""
    rows = [row if isinstance(row, Stored) else Stored(n + 1, 10.0 * n, row) for n, row in enumerate(events)]
    return trained_of(records.run_data(rows, Meta(**{"model": "offline", **meta})), HERE)


def matrix(
    tasks: Sequence[str], improvers: Sequence[str], values: Sequence[float] = (0.5, 0.6, 0.7), **more: Any
) -> Measured:
    """Improver number n has these values in training, 0.1 n higher; three quarters of them on the held-out split. The first one,
    and those that are called the same as it by their digest, is the seed."""

    def sampled(values: Sequence[float]) -> Sample:
        found = sample(values)
        assert found is not None
        return found

    cells = [
        Measurement(
            task=task,
            improver=name,
            digest="I0" if name in ("seed", "best.py") else name,
            train=sampled([min(value + 0.1 * number, 1.0) for value in values]),
            test=sampled([0.75 * min(value + 0.1 * number, 1.0) for value in values]),
            verdicts=("ok",) * len(values),
            endings=(Ending("ok", ""),) * len(values),
            lm_calls=6,
            responses=6,
            evaluations=12,
            tokens=None,
            dollars=None,
        )
        for task in tasks
        for number, name in enumerate(["seed", *improvers])
    ]
    seeds = [SeedSolution(task=one, train=Evaluation(0.25, "ok"), test=Evaluation(0.2, "ok")) for one in tasks]
    facts: dict[str, Any] = {"kind": "eval", "directory": HERE, "sentence": "", "model": "offline", "differences": ()}
    facts |= {"tasks": tuple(tasks), "improvers": ("seed", *improvers), "copies": len(values)}
    measured = Measured(is_language_model=False, cells=tuple(cells), seed_solutions=tuple(seeds), **facts)
    return concluded(replace(measured, **more))
