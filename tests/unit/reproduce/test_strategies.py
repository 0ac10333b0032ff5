"""Strategies: what the shipped ones reach beside the seed improver."""

from __future__ import annotations

from typing import Any

import pytest

from strop.analysis.stats import score_difference
from strop.base.errors import StoreError
from strop.reproduce.strategies import Strategies, StrategiesResult
from strop.runs.spec import shipped_improvers
from support.evaluations import evaluation


def result(*runs: dict[str, list[float]]) -> StrategiesResult:
    documents = {f"cell-{number}": evaluation("lpn", run) for number, run in enumerate(runs)}
    return Strategies().result(documents)


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
    assert beam is not None and beam.mean == pytest.approx(0.25) and beam.n == 2
    assert beam.interval == score_difference([0.7, 0.9], [0.5, 0.6], confidence=1 - 0.05 / 2).interval


def test_sentence_says_what_is_better() -> None:
    assert result(RUN).sentence() == (
        "No significant difference between the seed improver and any of 2 others (test û on lpn, 1 run); so few copies cannot "
        "show one."
    )
    better = {
        "seed": [0.1 * n for n in range(9)] * 6,
        "beam_search": [0.1 * n + 0.1 for n in range(9)] * 6,
        "hints": [0.4] * 54,
    }
    assert result(better).sentence() == (
        "Better than the seed improver (test û on lpn, 1 run): beam_search (+10.0 points). No significant difference: 1 of 2."
    )


def test_document_holds_fractions() -> None:
    made: Any = result(RUN).document()
    assert [each["improver"] for each in made["strategies"]] == ["beam_search", "hints", "seed"]
    assert made["strategies"][0]["difference"]["mean"] == pytest.approx(0.25)


def test_chart_has_a_row_for_each_shipped_strategy() -> None:
    chart, _ = result(RUN).chart()
    assert "beam_search" in chart.names and len(chart.series[0].points) == len(chart.names)


def test_document_without_the_seed_improver_is_one_clear_error() -> None:
    with pytest.raises(StoreError, match="lacks the values of seed"):
        result({"beam_search": [0.5]})
