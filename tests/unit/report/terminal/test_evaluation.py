from __future__ import annotations

import io
from collections.abc import Sequence

import pytest

from strop.base.events import Evaluated
from strop.report.terminal.documents import ModelFacts
from strop.report.terminal.evaluation import eval_document, print_matrix
from strop.runs.evaluate import Cell, Matrix, Plan, SeedSolution
from strop.runs.measurements import Copy, Named
from strop.tasks.base import Task
from support.tables import terminal

OFFLINE = ModelFacts("offline", is_language_model=False)
SEED = Named("seed", "I0")
LONG = ["string-grid-distance", "modified-qap", "3sat", "maxcut", "parity", "lpn"]


def task(name: str) -> Task:
    return Task(name=name, sample=lambda rng: {}, score=lambda instance, answer: 0.0, seed="", test_instances=2)


def scored(split: str, scores: Sequence[float], verdict: str = "ok") -> Evaluated:
    return Evaluated(
        scope="", utility="", split=split, solution="", verdict=verdict, value=sum(scores) / len(scores),
        scores=tuple(scores), verdicts=(), error="", cpu_seconds=0.0, wall_seconds=0.0,
    )  # fmt: skip


def copy(value: float, outcome: str = "ok", detail: str = "") -> Copy:
    return Copy(outcome, detail, 4, 2, scored("train", [value]), scored("test", [value, value / 2]))


def matrix(tasks: Sequence[str], improvers: Sequence[Named], values: Sequence[float] = (0.5, 0.6, 0.7)) -> Matrix:
    plan = Plan(tuple(map(task, tasks)), (SEED, *improvers), len(values))
    cells = [
        Cell(one, improver, tuple(copy(value + 0.1 * number) for value in values))
        for one in plan.tasks
        for number, improver in enumerate(plan.improvers)
    ]
    seeds = [SeedSolution(one, scored("train", [0.25]), scored("test", [0.2])) for one in plan.tasks]
    return Matrix(plan, tuple(seeds), tuple(cells))


def printed(measured: Matrix, encoding: str = "utf-8") -> list[str]:
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    print_matrix(
        measured,
        terminal(stream),
        notice="offline is no language model",
    )
    stream.seek(0)
    return stream.read().splitlines()


def test_table_has_u_of_the_seed_solution_and_every_improver_beside_the_seed_improver() -> None:
    page = printed(matrix(["lpn"], [Named("mine.py", "I")]))
    assert page[0] == "offline is no language model"
    assert [line.split() for line in page if line.startswith("lpn")][:2] == [
        ["lpn", "0.200", "0.450", "±", "0.043", "0.525", "±", "0.043"],
        ["lpn", "0.250", "0.600", "±", "0.058", "0.700", "±", "0.058"],
    ]


@pytest.mark.parametrize("tasks", range(1, 7))
@pytest.mark.parametrize("improvers", range(1, 5))
def test_table_is_legible_at_80_columns(tasks: int, improvers: int) -> None:
    named = [Named(f"runs/20260801-120000-lpn-1a2b/improvers/I{number}.py", str(number)) for number in range(improvers)]
    page = printed(matrix(LONG[:tasks], named))
    assert max(map(len, page)) <= 80
    for name in LONG[:tasks]:
        rows = [line for line in page if line.startswith(name)]
        assert sum(line.count("±") for line in rows) == 2 * (improvers + 1), "every figure is whole"
    assert sum(" to " in line for line in page if line.startswith("  ")) == improvers * tasks


def test_table_shows_of_a_file_as_much_of_its_path_as_tells_it_from_the_others() -> None:
    page = "\n".join(printed(matrix(["lpn"], [Named("a/best.py", "A"), Named("b/best.py", "B"), Named("c/d.py", "D")])))
    assert "a/best.py" in page and "b/best.py" in page and "c/d.py" not in page and "d.py" in page


def test_difference_is_printed_with_its_interval_and_several_intervals_hold_together() -> None:
    page = printed(matrix(["lpn"], [Named("mine.py", "I")]))
    (row,) = [line for line in page if line.startswith("  mine.py")]
    assert row.split() == ["mine.py", "+0.075", "-0.715", "to", "+0.755"]
    page = printed(matrix(["lpn", "3sat"], [Named("mine.py", "I")]))
    rows = [line.split() for line in page if line.startswith("  mine.py")]
    assert [row[2:] for row in rows] == [["-0.775", "to", "+0.806"]] * 2, "wider where there are several"
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
    bad = Cell(whole.plan.tasks[0], SEED, (copy(0.5), copy(0.0, "raised", "\x1b[31m[red]NameError\nmore")))
    page = printed(Matrix(whole.plan, whole.seed_solutions, (bad,)))
    assert r"lpn, seed: ok 1, raised 1: \x1b[31m[red]NameError" in page
    assert page[-1].startswith("copy "), "the words of the table are explained below it"


def test_table_of_a_matrix_that_was_stopped_has_dashes_for_what_is_missing() -> None:
    whole = matrix(["lpn", "3sat"], [Named("mine.py", "I")])
    page = printed(Matrix(whole.plan, whole.seed_solutions[:1], whole.cells[:1]))
    assert any(line.split() == ["3sat", "-", "-", "-"] for line in page)


def test_table_fits_an_ascii_stream() -> None:
    page = "\n".join(printed(matrix(["lpn"], []), "ascii"))
    assert "0.450 +- 0.043" in page and "u^" in page


def test_document_has_a_cell_for_each_improver_on_each_task() -> None:
    document = eval_document(matrix(["lpn", "3sat"], [Named("mine.py", "I")]), OFFLINE)
    names = [(cell["task"], cell["improver"]) for cell in document["cells"]]
    assert names == [("lpn", "seed"), ("lpn", "mine.py"), ("3sat", "seed"), ("3sat", "mine.py")]
    assert document["cells"][0] == {
        "task": "lpn",
        "improver": "seed",
        "digest": SEED.digest,
        "train": {"mean": pytest.approx(0.6), "stderr": pytest.approx(0.0577, abs=1e-4), "values": [0.5, 0.6, 0.7]},
        "test": {"mean": pytest.approx(0.45), "stderr": pytest.approx(0.0433, abs=1e-4), "values": [0.375, 0.45, 0.525]}
        | {"values": pytest.approx([0.375, 0.45, 0.525])},
        "verdicts": ["ok", "ok", "ok"],
        "outcomes": [{"kind": "ok", "detail": ""}] * 3,
        "lm_calls": 6,
        "evaluations": 12,
    }
    assert [row["against"] for row in document["differences"]] == ["seed", "seed"]
    assert document["seed_solutions"][1]["test"] == {"mean": 0.2, "stderr": None, "values": [0.2]}
    assert "meta_utility" not in document


def test_document_of_one_improver_on_one_task_keeps_the_fields_of_a_single_measurement() -> None:
    document = eval_document(matrix(["lpn"], [Named("mine.py", "I")], (0.25, 0.5)), OFFLINE)
    assert (document["improver"], document["task"], document["lm_calls"]) == ("mine.py", "lpn", 4)
    assert document["meta_utility"]["values"] == [0.35, 0.6] and document["seed"]["values"] == [0.25, 0.5]
    assert document["difference"] is not None and document["difference"]["mean"] == pytest.approx(0.1)


@pytest.mark.parametrize("improvers", [[], [Named("best.py", SEED.text)]])
def test_document_has_no_difference_between_the_seed_and_itself(improvers: list[Named]) -> None:
    document = eval_document(matrix(["lpn"], improvers), OFFLINE)
    assert document["difference"] is None and document["outcomes"]
    assert [(row["mean"], row["interval"]) for row in document["differences"]] == [(0.0, None)] * len(improvers)
