"""Table 1: which improver goes on, what is compared, what the paper's values are set beside."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from strop.analysis.stats import group_difference
from strop.base.errors import StoreError
from strop.base.solution import digest_of
from strop.reproduce.cells import CellResult, finished
from strop.reproduce.protocol import conclude
from strop.reproduce.reproduction import Reproduction, markdown_of
from strop.reproduce.table1 import PAPER, Table1, choose
from strop.runs.results.trained import Trained
from strop.runs.spec import improver_text
from support.evaluations import evaluation
from unit.reproduce.made_runs import OFFLINE, MadeRun

SEED, BETTER = improver_text("seed"), "# better\n"


def stop_run(name: str, *improvers: tuple[str, float], test: float = 0.5) -> Trained:
    """A run with (text of I_t, training û) by iteration; every sealed value is `test`."""
    texts, train = zip(*improvers, strict=True)
    cell = Table1(model=OFFLINE).run_cell("paper", 0)
    made = MadeRun(cell, [test] * len(texts), train, texts, model="scripted").result()
    return replace(made, directory=Path(name))


def recorded(protocol: Table1) -> list[CellResult]:
    """The results of the STOP runs, as if they had been carried out: the second one made the better improver."""
    for number, cell in enumerate(protocol.cells()):
        train, text = (0.9, BETTER) if number == 1 else (0.4, SEED)
        MadeRun(cell, (0.5, 0.5), (0.4, train), (SEED, text), model="scripted").record(protocol.directory)
    return list(finished(protocol.cells(), protocol.directory).values())


def carried_out(protocol: Table1, seed_values: list[float], improved: list[float]) -> list[CellResult]:
    """The results of every cell."""
    results = recorded(protocol)
    text = SEED if len(results) == 1 else protocol.improver_text or BETTER
    digests = {"improver": digest_of(text)}
    for cell in protocol.more(results):
        values = {"seed": seed_values, "improver": improved}
        results.append(evaluation(cell.spec.task, values, digests=digests, seed_solution=0.25))
    return results


def table(tmp_path: Path, seed_values: list[float], improved: list[float], **changes: Any) -> Reproduction[Any]:
    protocol = Table1(model=OFFLINE, directory=tmp_path, **changes)
    return protocol.result(carried_out(protocol, seed_values, improved))


def test_runs_are_those_of_figure_4_and_the_tasks_are_the_papers(tmp_path: Path) -> None:
    protocol = Table1(model=OFFLINE, directory=tmp_path, seed=7)
    assert protocol.cells() == [protocol.run_cell("paper", seed) for seed in range(7, 12)]
    evaluations = protocol.more(recorded(protocol))
    assert {cell.spec.task for cell in evaluations} == set(PAPER) and len(evaluations) == 5
    assert {one.text for cell in evaluations for one in cell.improvers} == {BETTER}


def test_improver_with_the_highest_training_value_goes_on_whatever_the_sealed_values_say() -> None:
    runs = [
        stop_run("a", (SEED, 0.5), ("# a\n", 0.6), test=1.0),
        stop_run("b", (SEED, 0.9), ("# b\n", 0.8), test=0.0),
        stop_run("c", (SEED, 0.5), ("# c\n", 0.7), test=0.5),
    ]
    run, chosen = choose(runs)
    assert (run.directory.name, chosen.digest) == ("b", digest_of("# b\n"))
    assert "training û (80.0%) of 3 STOP runs" in chosen.how
    assert [train for _, _, train in chosen.candidates] == pytest.approx([0.6, 0.8, 0.7])


def test_choice_says_so_when_no_run_left_the_seed_improver_behind() -> None:
    _, chosen = choose([stop_run("a", (SEED, 0.5), (SEED, 0.5))])
    assert "the seed improver itself" in chosen.how and chosen.is_seed


def test_choice_from_nothing_is_one_clear_error() -> None:
    with pytest.raises(StoreError, match="no STOP run"):
        choose([])


def test_improver_goes_on_as_the_record_has_it_and_not_a_file_beside_it(tmp_path: Path) -> None:
    protocol = Table1(model=OFFLINE, directory=tmp_path)
    results = carried_out(protocol, [0.1] * 5, [0.2] * 5)
    (tmp_path / "table1").mkdir()
    for path in (tmp_path / "table1" / "improver.py", tmp_path / "cells" / protocol.cells()[1].name / "best.py"):
        path.write_text("# another\n")
    made = conclude(protocol, [*protocol.cells(), *protocol.more(results)], results)
    assert (tmp_path / "table1" / "improver.py").read_text() == BETTER
    assert made.notes[0].startswith(f"I_T: {digest_of(BETTER)[:12]}, ")


def test_another_improver_is_another_cell_and_the_same_one_elsewhere_is_the_same(tmp_path: Path) -> None:
    def names(where: Path, text: str) -> list[str]:
        return [
            cell.name
            for cell in Table1(model=OFFLINE, directory=where, improver="mine.py", improver_text=text).more([])
        ]

    here = names(tmp_path / "a", BETTER)
    assert names(tmp_path / "b", BETTER) == here
    assert not set(names(tmp_path / "a", SEED)) & set(here)


def test_given_improver_needs_no_stop_run(tmp_path: Path) -> None:
    protocol = Table1(model=OFFLINE, directory=tmp_path, improver="seed", improver_text=SEED)
    assert protocol.cells() == [] and len(protocol.more([])) == 5
    found = protocol.result(carried_out(protocol, [0.1, 0.2], [0.1, 0.2]))
    assert found.notes[0] == f"I_T: {digest_of(SEED)[:12]}, given as seed."
    assert not [table for table in found.tables if "STOP run" in table.headings]


def test_copies_are_compared_task_by_task_and_the_intervals_of_the_five_tasks_hold_together(tmp_path: Path) -> None:
    found = table(tmp_path, [0.1, 0.2, 0.3, 0.2, 0.1], [0.3, 0.4, 0.5, 0.4, 0.3])
    assert [row.task for row in found.rows] == list(PAPER)
    means, difference = [one.mean for one in found.rows[0].ours], found.rows[0].difference
    assert means == pytest.approx([0.25, 0.18, 0.38])
    assert difference.mean == pytest.approx(0.2) and difference.n == 5
    seed, improved = [0.1, 0.2, 0.3, 0.2, 0.1], [0.3, 0.4, 0.5, 0.4, 0.3]
    assert difference.interval == group_difference([improved], [seed], confidence=1 - 0.05 / 5).interval
    assert found.sentence == (
        "No significant difference between the improver that STOP made on lpn and the seed improver on any of 5 tasks."
    )
    few = table(tmp_path / "few", [0.1, 0.2], [0.3, 0.4])
    assert few.sentence.endswith("on any of 5 tasks; at least 5 copies are needed to show a difference.")
    assert "2 copies; at least 5 copies are needed to show a difference: use more --runs." in " ".join(few.notes)


def test_sentence_names_the_tasks_where_the_improver_is_better_or_worse(tmp_path: Path) -> None:
    better = table(tmp_path / "better", [0.2] * 5, [0.4] * 5, runs=7).sentence
    assert better.startswith("Compared with the seed improver, the improver that STOP made on lpn is better on ")
    assert "string-grid-distance (+20.0 points)" in better and better.endswith(" and 2 more.")
    worse = table(tmp_path / "worse", [0.4] * 5, [0.2] * 5, runs=7).sentence
    assert worse.startswith("Compared with the seed improver, the improver that STOP made on lpn is worse on ")


def test_sentence_says_that_the_chosen_run_kept_its_seed_improver(tmp_path: Path) -> None:
    protocol = Table1(model=OFFLINE, directory=tmp_path, stop_runs=1)  # the second one would make the better improver
    assert protocol.result(carried_out(protocol, [0.2] * 5, [0.2] * 5)).sentence == (
        "No improvement to transfer: the STOP run that was chosen ended with its seed improver."
    )


def test_intervals_of_utilities_stay_within_their_bounds(tmp_path: Path) -> None:
    first, *_ = table(tmp_path, [0.0, 1.0, 1.0] * 2, [1.0, 0.0, 0.0] * 2).rows
    seed, difference = first.u_seed.interval, first.difference.interval
    assert 0 <= seed[0] < 0.2 and 0.9 < seed[1] <= 1
    assert -1 <= difference[0] < -0.7 and 0.5 < difference[1] <= 1


def test_table_holds_the_papers_columns_and_says_what_is_inferred_of_maxcut(tmp_path: Path) -> None:
    found = table(tmp_path, [0.5] * 5, [0.5] * 5)
    page = markdown_of(found)
    assert "| maxcut | 25.0 | 0.0 | 50.0 | 58.7 | 50.0 | 74.2 |" in page
    assert "above the best known cut" in page and "inference" in page
    assert {row.task: row.paper for row in found.rows} == dict(PAPER)
    assert found.rows[0].difference.n == 5
    assert [row[1] for row in found.tables[-1].rows] == [
        digest_of(text)[:12] for text in (SEED, BETTER, SEED, SEED, SEED)
    ]


def test_chart_has_a_row_for_each_task_with_the_values_of_the_paper(tmp_path: Path) -> None:
    chart, _ = table(tmp_path, [0.5, 0.6], [0.7, 0.7]).chart
    assert set(chart.names) == set(PAPER) and "û(I_T), paper" in [series.name for series in chart.series]


def test_directory_can_move_before_the_table_is_made_again(tmp_path: Path) -> None:
    protocol = Table1(model=OFFLINE, directory=tmp_path / "old")
    names = [cell.name for cell in protocol.more(recorded(protocol))]
    shutil.move(tmp_path / "old", tmp_path / "new")
    moved = Table1(model=OFFLINE, directory=tmp_path / "new")
    results = list(finished(moved.cells(), moved.directory).values())
    assert [cell.name for cell in moved.more(results)] == names and choose(results)[1].digest == digest_of(BETTER)
