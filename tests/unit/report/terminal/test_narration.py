from __future__ import annotations

from collections.abc import Callable

import pytest

from strop.base.budget import GATE_PAIRS, HELD_OUT
from strop.base.events import BudgetMoved, Evaluated, Event, ImproveStarted, IterationStarted
from strop.report.terminal.narration import Narration, tally


def seen(events: list[Event]) -> Narration:
    narration = Narration()
    for event in events:
        narration.add(event)
    return narration


def told(events: list[Event], narration: Narration | None = None) -> list[str]:
    """The lines about events."""
    narration, lines = narration or Narration(), []
    for event in events:
        narration.add(event)
        lines.append(narration.line(event))
    return [line for line in lines if line is not None]


def moved(scope: str, counter: str, used: int, limit: int | None) -> BudgetMoved:
    return BudgetMoved(scope=scope, counter=counter, amount=1, granted=True, used=used, limit=limit)


def test_narration_counts_calls_responses_and_downstream_evaluations(happened: list[Event]) -> None:
    run = seen(happened).run
    assert (run.costs.total.lm_calls, run.costs.total.responses, run.evaluations) == (2, 2, 2)
    assert run.verdicts == {"ok": 1, "timeout": 1}
    assert (run.faults, run.notes) == ({"rate_limited": 1}, {"R004": 1})


def test_narration_keeps_the_best_candidate_when_a_worse_one_follows(happened: list[Event]) -> None:
    best = seen(happened).best
    assert best is not None and (best.solution, best.value) == ("A", 0.75)


@pytest.mark.parametrize("scope", ["t1/improve/u-1#0", "improve/u-1#0"])
def test_narration_names_no_candidate_the_best_that_failed(
    make_evaluated: Callable[..., Evaluated], scope: str
) -> None:
    narration = seen([make_evaluated(scope, "self-improvement", "A", (0.0,), "raised")])
    assert narration.tried == 1 and narration.best is None


def test_narration_calls_a_program_the_best_once_however_often_it_is_measured(
    make_evaluated: Callable[..., Evaluated],
) -> None:
    tried = (("A", 0.6), ("A", 0.7), ("B", 0.8))
    original = make_evaluated("original/train", "task", "S", (0.5,))
    lines = told([original, *(make_evaluated("improve/u-1#0", "task", text, (value,)) for text, value in tried)])
    assert ["(best)" in line for line in lines] == [True, False, True]
    assert ["(again)" in line for line in lines] == [False, True, False]


def test_narration_says_that_a_candidate_is_the_original(make_evaluated: Callable[..., Evaluated]) -> None:
    original = make_evaluated("original/train", "task", "S", (0.5,))
    lines = told([original, *(make_evaluated("improve/u-1#0", "task", text, (0.6,)) for text in "SA")])
    assert ["(the original)" in line for line in lines] == [True, False]


def test_last_line_of_a_run_counts_the_evaluations_of_candidates(make_evaluated: Callable[..., Evaluated]) -> None:
    scopes = ("original/train", "improve/u-1#0", "improve/u-2#0", "original/test")
    run = seen([make_evaluated(scope, "task", "A", (0.5,)) for scope in scopes]).run
    assert tally(run).startswith("LM calls 0, responses 0, evaluations 4 (ok 4), of which the improver asked for 2, ")
    assert tally(seen([make_evaluated("t0/measure", "lpn", "A", (0.5,))]).run).startswith(
        "LM calls 0, responses 0, evaluations 1 (ok 1), "
    )


def test_narration_names_a_candidate_that_is_no_text(make_evaluated: Callable[..., Evaluated]) -> None:
    event = make_evaluated("t1/improve/u-none#0", "self-improvement", None, (0.0,), "malformed")
    assert told([event]) == ["t = 1: candidate 1, none: malformed, 0.000"]


@pytest.mark.parametrize("scope", ["t1/measure", "t1/improve/u-1#0/copy2/u-2#0", "improver", ""])
def test_narration_takes_no_other_measurement_for_a_candidate(
    make_evaluated: Callable[..., Evaluated], scope: str
) -> None:
    assert not seen([make_evaluated(scope, "self-improvement", "A", (0.5,))]).tried


def test_narration_knows_the_budget_of_the_self_improvement_and_of_nothing_inside_it() -> None:
    narration = seen(
        [
            moved("t1/improve/handles", "lm_calls", 2, 4),
            moved("t1/improve/handles", "lm_calls", 1, 4),
            moved("t1/improve/u-1#0/copy0/handles", "lm_calls", 9, 10),
            moved("t1/improve/handles", "responses", 6, 24),
        ]
    )
    assert narration.allowances == {"lm_calls": (2, 4)}


def test_narration_forgets_candidates_and_budget_when_an_iteration_starts(happened: list[Event]) -> None:
    narration = seen([*happened, IterationStarted(scope="t2", t=2, improver="I1")])
    assert (narration.t, narration.tried, narration.allowances) == (2, 0, {})


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ("t0/measure/copy3", "measuring the seed improver"),
        ("t1/improve", "the improver improves itself"),
        ("t1/improve/u-3f2a91b04c7d#0/copy2", "trying candidate 3f2a91b04c7d"),
        ("t1/check/copy0", "measuring the result of the self-improvement"),
        ("t2/measure/copy0", "measuring the result of the self-improvement"),
        ("seed/copy0", "measuring the seed improver"),
        ("elsewhere", "elsewhere"),
    ],
)
def test_narration_says_what_an_improvement_is_for(scope: str, words: str) -> None:
    assert seen([ImproveStarted(scope=scope, improver="I", initial_solution="s", utility="lpn")]).doing == words


@pytest.mark.parametrize(
    ("scope", "counter", "before"),
    [
        ("improved/test/instances", HELD_OUT, "final comparison, "),
        ("final/gate", GATE_PAIRS, "final comparison, pair "),
        ("t1/gate", GATE_PAIRS, "t = 1: gate, pair "),
    ],
)
@pytest.mark.parametrize(("most", "lines"), [(3, 3), (10, 10), (50, 10), (11, 6)])
def test_comparison_is_told_in_ten_lines_at_most(scope: str, counter: str, before: str, most: int, lines: int) -> None:
    narration = Narration()
    narration.add(IterationStarted(scope="t1", t=1, improver="I"))
    shown = told([moved(scope, counter, number, most) for number in range(1, most + 1)], narration)
    assert len(shown) == lines and shown[0] == f"{before}1 of {most}"
    assert narration.doing == f"{before}{most} of {most}"
