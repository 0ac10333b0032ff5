from __future__ import annotations

from collections.abc import Callable

import pytest

from strop.events import BudgetMoved, Evaluated, Event, ImproveStarted, IterationStarted, RunStarted
from strop.report.progress import Allowance, Progress
from strop.solution import digest_of


def seen(events: list[Event]) -> Progress:
    progress = Progress()
    for event in events:
        progress.add(event)
    return progress


def moved(scope: str, counter: str, used: int, limit: int | None) -> BudgetMoved:
    return BudgetMoved(scope=scope, counter=counter, amount=1, granted=True, used=used, limit=limit)


def test_progress_counts_calls_responses_and_downstream_evaluations(happened: list[Event]) -> None:
    progress = seen(happened)
    assert (progress.lm_calls, progress.responses, progress.evaluations) == (2, 2, 2)
    assert progress.verdicts == {"ok": 1, "timeout": 1}
    assert (progress.faults, progress.notes) == ({"rate_limited": 1}, {"R004": 1})


def test_progress_keeps_the_best_candidate_when_a_worse_one_follows(happened: list[Event]) -> None:
    progress = seen(happened)
    assert progress.best is not None
    assert (progress.best.name, progress.best.value, progress.best.t) == (digest_of("A")[:12], 0.75, 1)


def test_progress_names_a_candidate_that_is_no_text(make_evaluated: Callable[..., Evaluated]) -> None:
    event = make_evaluated("t1/improve/u-none#0", "self-improvement", None, (0.0,), "malformed")
    assert [candidate.name for candidate in seen([event]).candidates] == ["none"]


@pytest.mark.parametrize("scope", ["t1/measure", "t1/improve/u-1#0/copy2/u-2#0", "improver", ""])
def test_progress_takes_no_other_measurement_for_a_candidate(
    make_evaluated: Callable[..., Evaluated], scope: str
) -> None:
    assert not seen([make_evaluated(scope, "self-improvement", "A", (0.5,))]).candidates


def test_progress_knows_the_budget_of_the_self_improvement_and_of_nothing_inside_it() -> None:
    progress = seen(
        [
            moved("t1/improve/handles", "lm_calls", 2, 4),
            moved("t1/improve/handles", "lm_calls", 1, 4),
            moved("t1/improve/u-1#0/copy0/handles", "lm_calls", 9, 10),
            moved("t1/improve/handles", "responses", 6, 24),
        ]
    )
    assert progress.allowances == {"lm_calls": Allowance(2, 4)}


def test_progress_forgets_candidates_and_budget_when_an_iteration_starts(happened: list[Event]) -> None:
    progress = seen([*happened, IterationStarted(scope="t2", t=2, improver="I1")])
    assert (progress.t, progress.candidates_seen, len(progress.candidates), progress.allowances) == (2, 0, 0, {})


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ("t0/measure/copy3", "measuring the seed improver"),
        ("t1/improve", "the improver improves itself"),
        ("t1/improve/u-3f2a91b04c7d#0/copy2", "trying candidate 3f2a91b04c7d"),
        ("t1/check/copy0", "measuring what the self-improvement gave"),
        ("t2/measure/copy0", "measuring what the self-improvement gave"),
        ("seed/copy0", "measuring the seed improver"),
        ("elsewhere", "elsewhere"),
    ],
)
def test_progress_says_what_an_improvement_is_for(scope: str, words: str) -> None:
    assert seen([ImproveStarted(scope=scope, improver="I", initial_solution="s", utility="lpn")]).doing == words


@pytest.mark.parametrize("spec", ["no json", "[]", "7"])
def test_progress_does_without_the_recipe_when_it_cannot_be_read(spec: str) -> None:
    assert seen([RunStarted(scope="", spec=spec, environment="", posture="")]).recipe == {}
