from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from strop.base.results import Evaluation
from strop.base.shown import print_result
from strop.report.terminal import evaluation as evaluation  # registers how a table is printed
from strop.runs.evaluate import concluded
from strop.runs.meta import Named
from strop.runs.results.measured import Ending, Measured, Measurement, SeedSolution
from strop.runs.results.parts import Sample, sample
from support.tables import terminal

SEED = Named("seed", "I0")
LONG = ["string-grid-distance", "modified-qap", "3sat", "maxcut", "parity", "lpn"]


def matrix(
    tasks: Sequence[str],
    improvers: Sequence[Named],
    values: Sequence[float] = (0.5, 0.6, 0.7),
    **more: Any,
) -> Measured:
    """Improver number n has these values in training, 0.1 n higher; three quarters of them on the sealed split."""
    named = (SEED, *improvers)

    def sampled(values: Sequence[float]) -> Sample:
        found = sample(values)
        assert found is not None
        return found

    cells = [
        Measurement(
            task=task,
            improver=improver.name,
            digest=improver.digest,
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
        for number, improver in enumerate(named)
    ]
    seeds = [SeedSolution(task=one, train=Evaluation(0.25, "ok"), test=Evaluation(0.2, "ok")) for one in tasks]
    measured = Measured(
        kind="eval",
        directory=Path("runs/x"),
        sentence="",
        tasks=tuple(tasks),
        improvers=tuple(improver.name for improver in named),
        copies=len(values),
        model="offline",
        is_language_model=False,
        cells=tuple(cells),
        seed_solutions=tuple(seeds),
        differences=(),
    )
    return concluded(replace(measured, **more))


def printed(measured: Measured, encoding: str = "utf-8") -> list[str]:
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    print_result(measured, terminal(stream), full=True)
    stream.seek(0)
    return stream.read().splitlines()


def test_table_has_u_of_the_seed_solution_and_every_improver_beside_the_seed_improver() -> None:
    page = printed(matrix(["lpn"], [Named("mine.py", "I")]))
    assert page[0].startswith("model: offline; a stand-in answered, not a language model")
    assert [line.split() for line in page if line.startswith("lpn")][:2] == [
        ["lpn", "0.200", "0.450", "±", "0.043", "0.525", "±", "0.043"],
        ["lpn", "0.250", "0.600", "±", "0.058", "0.700", "±", "0.058"],
    ]


@pytest.mark.parametrize("tasks", range(1, 7))
@pytest.mark.parametrize("improvers", range(1, 5))
def test_table_is_legible_at_80_columns(tasks: int, improvers: int) -> None:
    named = [Named(f"runs/20260801-120000-lpn-1a2b/improvers/I{number}.py", str(number)) for number in range(improvers)]
    page = printed(matrix(LONG[:tasks], named, (0.5, 0.6, 0.7, 0.8, 0.6, 0.4, 0.7)))
    assert max(map(len, page)) <= 80
    for name in LONG[:tasks]:
        rows = [line for line in page if line.startswith(name)]
        assert sum(line.count("±") for line in rows) == 2 * (improvers + 1), "every figure is whole"
    assert sum(" to " in line for line in page if line.startswith("  ")) == improvers * tasks


def test_table_shows_of_a_file_as_much_of_its_path_as_tells_it_from_the_others() -> None:
    page = "\n".join(printed(matrix(["lpn"], [Named("a/best.py", "A"), Named("b/best.py", "B"), Named("c/d.py", "D")])))
    assert "a/best.py" in page and "b/best.py" in page and "c/d.py" not in page and "d.py" in page


def test_difference_is_printed_with_its_interval_and_several_intervals_hold_together() -> None:
    values = (0.5, 0.6, 0.7, 0.8, 0.6, 0.4, 0.7)
    page = printed(matrix(["lpn"], [Named("mine.py", "I")], values))
    (row,) = [line for line in page if line.startswith("  mine.py")]
    assert row.split() == ["mine.py", "+0.075", "-0.038", "to", "+0.188"]
    page = printed(matrix(["lpn", "3sat"], [Named("mine.py", "I")], values))
    rows = [line.split() for line in page if line.startswith("  mine.py")]
    assert [row[2:] for row in rows] == [["-0.075", "to", "+0.225"]] * 2, "wider where there are several"
    assert "the 2 intervals hold together: in 95% of such tables, all of them" in page
    assert [line.strip() for line in page if line.strip() in ("lpn", "3sat")] == ["lpn", "3sat"], "below their tasks"


def test_improver_that_is_the_seed_by_another_name_has_no_difference() -> None:
    page = printed(matrix(["lpn"], [Named("best.py", SEED.text)]))
    assert any(line.split() == ["best.py", "is", "the", "seed", "-"] for line in page)


def test_long_name_is_broken_between_its_words() -> None:
    names = [Named(name, name) for name in ("chain_of_thought", "hints", "simulated_annealing")]
    page = "\n".join(printed(matrix(LONG, names)))
    assert "chain_of_ " in page and "  simulated_annealing " in page


def test_table_says_how_improvements_failed_and_draws_nothing_that_a_program_wrote() -> None:
    whole = matrix(["lpn"], [])
    bad = replace(whole.cells[0], endings=(Ending("ok", ""), Ending("raised", "\x1b[31m[red]NameError\nmore")))
    page = printed(replace(whole, cells=(bad,)))
    assert r"lpn, seed: ok 1, raised 1: \x1b[31m[red]NameError" in page
    assert page[-1].startswith("copy "), "the words of the table are explained below it"


@pytest.mark.parametrize("kind", ["eval", "compare"])
def test_table_that_was_stopped_has_dashes_for_what_is_missing(kind: str) -> None:
    whole = matrix(["lpn", "3sat"], [Named("mine.py", "I")])
    page = printed(
        matrix(["lpn", "3sat"], [Named("mine.py", "I")], kind=kind, cells=whole.cells[:1], seed_solutions=())
    )
    assert any(line.split() == ["3sat", "-", "-", "-"] for line in page)
