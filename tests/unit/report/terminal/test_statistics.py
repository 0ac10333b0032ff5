from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pytest

from strop.analysis.stats import decided, score_difference
from strop.base.events import Event, IterationFinished, RunStarted
from strop.report.terminal.run import print_statistics
from strop.runs.claims.training import levels_and_effect
from strop.runs.results.trained import ComparisonCounts, Trained
from strop.runs.run_data import run_data
from strop.runs.train import trained_of
from strop.store import Stored
from support.records import compared, evaluated, iterated
from support.tables import terminal

SEED_SCORES = [[0.5, 0.6], [0.4, 0.5], [0.6, 0.7], [0.5, 0.5]]
BETTER_SCORES = [[0.9, 1.0], [0.8, 0.9], [0.9, 0.9], [1.0, 1.0]]


def result(events: Sequence[Event]) -> Trained:
    data = run_data(Stored(number + 1, float(number), event) for number, event in enumerate(events))
    return trained_of(data, Path("runs/r"))


def sealed(t: int, scores: Sequence[Sequence[float]]) -> list[Event]:
    return [
        evaluated("s", sum(row) / len(row), f"t{t}/measure/copy{copy}/test", split="test", scores=tuple(row))
        for copy, row in enumerate(scores)
    ]


def ended(t: int, scores: Sequence[Sequence[float]], accepted: bool, improver: str) -> IterationFinished:
    values = tuple(sum(row) / len(row) for row in scores)
    return iterated(t, improver, accepted=accepted, train=values, test=values)


def run_of(last: Sequence[Sequence[float]], *, evaluated: bool = True) -> list[Event]:
    """A run in which I_1 stayed the seed improver and I_2 is new."""
    events: list[Event] = [RunStarted(scope="", spec={"task": "lpn"}, environment={}, posture={})]
    events += sealed(0, SEED_SCORES) if evaluated else []
    events += [ended(0, SEED_SCORES, False, "seed"), ended(1, SEED_SCORES, False, "seed")]
    events += sealed(2, last) if evaluated else []
    return [*events, ended(2, last, True, "a better one")]


def printed(events: Sequence[Event], width: int = 80) -> str:
    console = terminal(io.StringIO(), width)
    print_statistics(result(events), console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_statistics_compare_only_improvers_that_are_new_with_the_seed() -> None:
    (row,) = result(run_of(BETTER_SCORES)).from_seed
    assert row.t == 2
    assert row.mean == pytest.approx(0.925 - 0.5375)
    before, after = ([sum(scores) / 2 for scores in each] for each in (SEED_SCORES, BETTER_SCORES))
    assert (row.interval, row.n) == (score_difference(after, before).interval, 4)


def test_one_difference_is_shown_when_a_last_comparison_decided() -> None:
    """The copies of each iteration say +0.388; the last comparison +0.15, wherever the difference is shown."""
    last = compared(2, (0.1, 0.2) * 10, scope="last", interval=(0.05, 0.3), accepted=True, before=(0.4,) * 20)
    trained = result([*run_of(BETTER_SCORES), last])
    assert trained.sentence.startswith(
        "Better: the improver of iteration 2 beats the seed improver by 0.150 (95% interval 0.050 to 0.300)"
    )
    (row,) = trained.from_seed
    assert (row.t, row.mean, row.interval, row.n) == (2, pytest.approx(0.15), (0.05, 0.3), 20)
    text = printed([*run_of(BETTER_SCORES), last])
    assert "+0.150" in text and "20 pairs" in text and "0.388" not in text
    assert levels_and_effect(trained.record) == (
        "û of each iteration is of 4 copies; the difference that decides is that of the last 20 fresh pairs"
    )


def test_statistics_say_what_was_compared_how_often() -> None:
    tried = (("A", "t1/improve/u-1#0"), ("A", "t1/improve/u-1#1"), ("B", "t1/improve/u-2#0"))
    candidates = [evaluated(text, 0.5, scope, utility="self-improvement") for text, scope in tried]
    assert result([*run_of(BETTER_SCORES), *candidates, compared(1, (0.1, 0.2), pairs=5)]).compared == ComparisonCounts(
        candidates=2, meta_utility_calls=3, gate_comparisons=1, gate_pairs=2, gate_accepted=0
    )


def test_statistics_of_a_record_without_iterations_say_so() -> None:
    assert printed(run_of(BETTER_SCORES)[:1]) == "no iteration has ended: there is nothing to compute statistics of\n"


@pytest.mark.parametrize(
    ("last", "verdict"),
    [([[1.0, 1.0]] * 20, 1), ([[0.0, 0.0]] * 20, -1), ([[0.5, 0.6]] * 20, 0), (BETTER_SCORES, 0)],
)
def test_difference_from_the_seed_has_a_verdict_that_goes_with_its_uncertainty(
    last: list[list[float]], verdict: int
) -> None:
    events = [ended(0, (SEED_SCORES * 5)[: len(last)], False, "seed"), ended(1, last, True, "another")]
    assert decided(result(events).from_seed[-1]) == verdict


def test_printed_statistics_say_that_the_seed_improver_stayed() -> None:
    assert "no improver was accepted" in printed(run_of(SEED_SCORES)[:-5])


def test_printed_statistics_fit_into_80_columns_without_folding_a_figure() -> None:
    text = printed(run_of(BETTER_SCORES))
    assert max(map(len, text.splitlines())) <= 80
    assert "+0.388  -0.491 to +0.777" in text
