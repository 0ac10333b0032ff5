"""The baselines of §5.1 and the shipped strategies: what is measured, what counts as an error, what stands beside it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from strop.analysis.stats import Estimate
from strop.base.as_document import to_json
from strop.base.errors import StoreError
from strop.reproduce.baselines import Baselines, Strategies
from strop.reproduce.reproduction import Reproduction, markdown_of
from strop.runs.results.measured import Measured
from strop.runs.spec import shipped_improvers
from support.evaluations import evaluation


def result(*documents: Measured) -> Reproduction[Any]:
    return Baselines(runs=len(documents)).result(documents)


def run(chain: list[float], verdicts: list[str], greedy: float = 0.6, seed: float = 0.5) -> Measured:
    copies = len(chain)
    return evaluation(
        "lpn",
        {
            "seed": [seed] * copies,
            "chain_of_thought": chain,
            "greedy_iterative": [greedy] * copies,
            "best_of_n": [0.7] * copies,
        },
        verdicts={"chain_of_thought": verdicts},
    )


def test_paper_has_ten_runs_of_every_baseline_with_the_papers_budgets() -> None:
    planned = Baselines(seed=3).cells()
    assert [cell.spec.seed for cell in planned] == [3 + k for k in range(10)]
    assert len({cell.name for cell in planned}) == 10
    for cell in planned:
        assert [one.name for one in cell.improvers] == ["chain_of_thought", "greedy_iterative", "best_of_n"]
        spec = cell.spec
        assert (spec.task, spec.copies, spec.utility_budget, spec.lm_budget, spec.max_responses) == ("lpn", 5, 25, 4, 6)


def test_chain_of_thought_is_told_without_and_with_its_errors() -> None:
    rows = {row.title: row for row in result(run([0.8, 0.0], ["ok", "raised"]), run([0.6, 0.4], ["ok", "ok"])).rows}
    alone, whole = rows["chain of thought, no error"], rows["chain of thought, with errors"]
    assert alone.values == pytest.approx([0.8, 0.5]) and (alone.counted, alone.copies) == (3, 4)
    assert whole.values == pytest.approx([0.4, 0.5]) and (whole.counted, whole.copies) == (4, 4)


def test_run_without_a_copy_that_works_is_left_out_of_those_that_do() -> None:
    rows = result(run([0.0, 0.0], ["raised", "timeout"]), run([0.6, 0.4], ["ok", "ok"])).rows
    assert rows[1].values == pytest.approx([0.5]) and rows[1].test is not None and rows[1].test.stderr is None
    none = result(run([0.0], ["raised"])).rows[1]
    assert none.test is None and none.values == ()


def test_error_is_one_standard_error_over_the_runs() -> None:
    greedy = result(*(run([0.5], ["ok"], greedy=value) for value in (0.6, 0.7, 0.65))).rows[3]
    assert greedy.test is not None and greedy.test.n == 3
    assert greedy.test.mean == pytest.approx(0.65)
    assert greedy.test.stderr == pytest.approx(0.05 / 3**0.5)


def test_papers_values_stand_beside_ours_and_best_of_n_has_none() -> None:
    table = result(run([0.5], ["ok"])).tables[0]
    paper = {row[0]: row[table.headings.index("paper %")] for row in table.rows}
    assert paper == {
        "seed improver": "≈ 61",
        "chain of thought, no error": "57.7 ± 3.0",
        "chain of thought, with errors": "49.6 ± 3.5",
        "greedy iterative": "64.2 ± 0.9",
        "best of n, equal budget (ours)": "-",
    }
    assert "best of n is not in the paper" in " ".join(result(run([0.5], ["ok"])).notes)


def test_page_shows_percent_and_the_document_fractions() -> None:
    page = result(run([0.5], ["ok"], greedy=0.6), run([0.5], ["ok"], greedy=0.7))
    assert "| greedy iterative | 65.0 ± 5.0 |" in markdown_of(page)
    row = json.loads(to_json(page))["rows"][3]
    assert row["test"]["mean"] == pytest.approx(0.65) and row["values"] == pytest.approx([0.6, 0.7])
    assert row["paper"] == {"mean": 0.642, "stderr": 0.009}


@pytest.mark.parametrize(
    ("greedy", "chain", "words"),
    [
        (
            0.7,
            0.1,
            "Better than the seed improver (test û on lpn, 6 runs): greedy iterative (+20.0 points), best of n (+20.0 points). "
            "Worse than the seed improver (test û on lpn, 6 runs): chain of thought (-40.0 points).",
        ),
        (
            0.5,
            0.5,
            "Better than the seed improver (test û on lpn, 6 runs): best of n (+20.0 points). No significant difference: 2 of 3.",
        ),
    ],
)
def test_sentence_names_what_is_better_and_what_is_worse(greedy: float, chain: float, words: str) -> None:
    baselines = result(*(run([chain] * 5, ["ok"] * 5, greedy=greedy) for _ in range(6)))
    assert baselines.sentence == words


def test_sentence_says_that_so_few_copies_can_show_nothing() -> None:
    assert result(run([0.1], ["ok"])).sentence == (
        "No significant difference between the seed improver and any of 3 others (test û on lpn, 1 run); at least "
        "5 copies are needed to show a difference."
    )


def test_chart_has_a_row_for_each_line_and_leaves_out_a_value_that_is_missing() -> None:
    chart, _ = result(run([0.0], ["raised"])).chart  # with a line that has no value of ours
    runs, ours, paper = chart.series
    assert len(chart.names) == 5 and [len(each.points) for each in (runs, ours, paper)] == [4, 4, 4]


def test_measurement_that_lacks_an_improver_is_one_clear_error() -> None:
    whole = run([0.5], ["ok"])
    with pytest.raises(StoreError, match="runs/x lacks the values of greedy_iterative"):
        result(replace(whole, cells=tuple(cell for cell in whole.cells if cell.improver != "greedy_iterative")))


def strategies(*runs: dict[str, list[float]]) -> Reproduction[Any]:
    return Strategies().result([evaluation("lpn", run) for run in runs])


RUN = {"seed": [0.5, 0.6], "beam_search": [0.7, 0.9], "hints": [0.6, 0.6]}


def test_every_shipped_strategy_is_measured_with_the_seed_improvers_seeds() -> None:
    planned = Strategies(seed=2).cells()
    assert [cell.spec.seed for cell in planned] == [2, 3, 4, 5, 6]
    for cell in planned:
        assert sorted({*(one.name for one in cell.improvers), "seed"}) == sorted(shipped_improvers())


def test_best_strategy_stands_first_and_each_is_compared_with_the_seed_improver() -> None:
    found = strategies(RUN)
    assert [row.improver for row in found.rows] == ["beam_search", "hints", "seed"]
    assert list(found.differences) == ["beam_search", "hints"]
    beam = found.differences["beam_search"]
    assert isinstance(beam, Estimate) and beam.mean == pytest.approx(0.25) and beam.n == 2
    assert beam.interval is None


def test_sentence_says_which_strategy_is_better() -> None:
    assert strategies(RUN).sentence == (
        "No significant difference between the seed improver and any of 2 others (test û on lpn, 1 run); at least 5 copies "
        "are needed to show a difference."
    )
    better = {
        "seed": [0.4 + 0.01 * n for n in range(9)] * 6,
        "beam_search": [0.5 + 0.01 * n for n in range(9)] * 6,
        "hints": [0.44] * 54,
    }
    assert strategies(better).sentence == (
        "Better than the seed improver (test û on lpn, 1 run): beam_search (+10.0 points). No significant difference: 1 of 2."
    )


def test_chart_has_a_row_for_each_shipped_strategy() -> None:
    chart, _ = strategies(RUN).chart
    assert "beam_search" in chart.names and len(chart.series[0].points) == len(chart.names)


def test_measurement_without_the_seed_improver_is_one_clear_error() -> None:
    with pytest.raises(StoreError, match="lacks the values of seed"):
        strategies({"beam_search": [0.5]})
