"""Strategies: what the shipped ones reach beside the seed improver, and how often a model proposes each."""

from __future__ import annotations

from typing import Any

import pytest

from strop.analysis.stats import score_difference
from strop.base.errors import StoreError
from strop.reproduce.strategies import (
    NAMED_BY_PAPER,
    Named,
    Strategies,
    StrategiesResult,
    shares,
)
from strop.reproduce.tables import markdown_of
from strop.runs.spec import shipped_improvers
from support.evaluations import evaluation

NAMED: Named = (("beam-search", ("hints",)),) * 3 + (("genetic", ()),) * 2 + (("no program", ()),)


def result(*runs: dict[str, list[float]], named: Named = NAMED) -> StrategiesResult:
    documents = {f"cell-{number}": evaluation("lpn", run) for number, run in enumerate(runs)}
    return Strategies(named=named).result(documents)


RUN = {"seed": [0.5, 0.6], "beam_search": [0.7, 0.9], "hints": [0.6, 0.6]}


def test_every_shipped_strategy_is_measured_with_the_seed_improvers_seeds() -> None:
    planned = Strategies(seed=2).cells()
    assert [cell.arguments[cell.arguments.index("--seed") + 1] for cell in planned] == ["2", "3", "4", "5", "6"]
    for cell in planned:
        named = cell.arguments[1 : cell.arguments.index("--task")]
        assert sorted({*named, "seed"}) == sorted(shipped_improvers())


def test_best_strategy_stands_first_and_each_is_compared_with_the_seed_improver() -> None:
    rows = result(RUN).rows
    assert [row.improver for row in rows] == ["beam_search", "hints", "seed"]
    differences = {row.improver: row.difference for row in rows}
    assert differences["seed"] is None
    beam = differences["beam_search"]
    assert beam is not None and beam.mean == pytest.approx(0.25) and beam.pairs == 2
    assert beam.interval == score_difference([0.7, 0.9], [0.5, 0.6], confidence=1 - 0.05 / 2).interval


def test_proposals_are_counted_with_wilson_intervals_the_most_frequent_first() -> None:
    counted = shares(NAMED)
    assert [(share.strategy, share.count, share.n, share.also) for share in counted] == [
        ("beam-search", 3, 6, 0),
        ("genetic", 2, 6, 0),
        ("no program", 1, 6, 0),
        ("hints", 0, 6, 3),
    ]
    assert counted[0].interval == pytest.approx((0.1876, 0.8124), abs=1e-4)


def test_traits_that_are_no_strategies_are_not_counted() -> None:
    assert [share.strategy for share in shares([("seed", ["claims genetic", "threads", "seed"])])] == ["seed"]


def test_page_marks_what_the_paper_names_and_says_what_an_offline_proposer_tells() -> None:
    strategies = result(RUN)
    page = markdown_of(strategies.tables(), "Strategies", ("",), strategies.notes())
    assert "| beam-search* | 3 | 50.0 | 18.8 to 81.2 | 0 |" in page and "| no program | 1 |" in page
    assert "textbook" in page
    assert {"beam-search", "genetic", "decomposing", "simulated-annealing", "epsilon-greedy"} <= NAMED_BY_PAPER
    assert not {"islands", "successive-halving", "error-feedback", "seed", "no-model"} & NAMED_BY_PAPER


def test_sentence_says_what_is_better_and_what_is_proposed_most_often() -> None:
    assert result(RUN).sentence() == (
        "No significant difference between the seed improver and any of 2 others (test û on lpn, 1 run); so few copies cannot "
        "show one. The built-in proposer proposes beam-search most often: 3 of 6 improvements."
    )
    better = {
        "seed": [0.1 * n for n in range(9)] * 6,
        "beam_search": [0.1 * n + 0.1 for n in range(9)] * 6,
        "hints": [0.4] * 54,
    }
    assert result(better, named=(("no program", ()),)).sentence() == (
        "Better than the seed improver (test û on lpn, 1 run): beam_search (+10.0 points). No significant difference: 1 of 2."
    )


def test_document_holds_both_parts_as_fractions() -> None:
    made: Any = result(RUN).document()
    assert [each["improver"] for each in made["strategies"]] == ["beam_search", "hints", "seed"]
    assert made["strategies"][0]["difference"]["mean"] == pytest.approx(0.25)
    assert made["proposals"][0] | {"interval": None} == {
        "strategy": "beam-search",
        "count": 3,
        "n": 6,
        "interval": None,
        "also": 0,
        "named_by_paper": True,
    }


def test_chart_has_a_row_for_each_shipped_strategy() -> None:
    chart, _ = result(RUN).chart()
    assert "beam_search" in chart.names and len(chart.series[0].points) == len(chart.names)


def test_document_without_the_seed_improver_is_one_clear_error() -> None:
    with pytest.raises(StoreError, match="lacks the values of seed"):
        result({"beam_search": [0.5]})
