"""A matrix of improvers and tasks in one record, with real guests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from strop.analysis.stats import score_difference
from strop.base.errors import ConfigurationError, LanguageModelError
from strop.base.events import Evaluated, ImproveFinished, ImproveStarted, discard
from strop.lm.base import Request
from strop.lm.known_answers import KnownAnswers
from strop.lm.scripted import Scripted
from strop.runs.assembly import Components, RunContext
from strop.runs.evaluate import Cell, Matrix, Plan, _sealed_instances, carry_out, differences, matrix, with_seed
from strop.runs.journal import Journal
from strop.runs.measurements import Named, RecordedTask, copies_of, named
from strop.runs.resume import recall
from strop.runs.spec import RunSpec, improver_text
from strop.sandbox.jail import JailedSandbox
from strop.store import Store

DOUBLING = "```python\ndef algorithm(n):\n    return 2 * n\n```"
IDLE = Named("idle", "def improve_algorithm(initial_solution, utility, language_model):\n    return initial_solution\n")
BROKEN = Named("broken", "def improve_algorithm(initial_solution, utility, language_model):\n    return nothing\n")
SPEC = RunSpec(copies=2, utility_budget=3, lm_budget=1, max_responses=1, workers="2", require=())


@pytest.fixture
def context(jail: JailedSandbox, bench: Callable[..., Any], store: Store) -> Callable[..., RunContext]:
    """A context that records in `store`."""

    def make(answers: Any = lambda request: DOUBLING, going_on: bool = False) -> RunContext:
        parts = Components(SPEC, bench().task, KnownAnswers(Scripted(answers)), jail, b"secret")
        journal = Journal(store, discard, recalled=recall(store) if going_on else None)
        return RunContext(parts, journal, recalled=journal.recalled)

    return make


@pytest.fixture
def plan(bench: Callable[..., Any]) -> Iterator[Plan]:
    """Two tasks and two improvers besides the seed."""
    tasks = (bench(name="one").task, bench(name="two", test_instances=4).task)
    yield Plan(tasks, with_seed([IDLE, BROKEN]), SPEC.copies)


def cell(found: Matrix, task: int, improver: int) -> Cell:
    there = found.cell(found.plan.tasks[task], found.plan.improvers[improver])
    assert there is not None
    return there


def test_matrix_has_every_improver_on_every_task_and_the_seed_improver_first(
    context: Callable[..., RunContext], plan: Plan, store: Store
) -> None:
    carry_out(context(), plan, lambda line: None)
    found = matrix(store, plan)
    assert found.complete
    assert [(each.task.name, each.improver.name) for each in found.cells] == [
        (task, improver) for task in ("one", "two") for improver in ("seed", "idle", "broken")
    ]
    for task in (0, 1):
        assert cell(found, task, 0).values("test") == (1.0, 1.0)
        assert cell(found, task, 1).values("test") == (found.seed_solutions[task].test.value,) * 2
        assert cell(found, task, 2).values("test") == (0.0, 0.0)
    assert [copy.outcome for copy in cell(found, 0, 2).copies] == ["raised", "raised"]
    assert (cell(found, 0, 0).copies[0].lm_calls, cell(found, 0, 1).copies[0].lm_calls) == (1, 0)


def test_every_improver_meets_the_same_instances(context: Callable[..., RunContext], plan: Plan, store: Store) -> None:
    carry_out(context(), plan, lambda line: None)
    found = matrix(store, plan)
    idle = cell(found, 0, 1)
    assert [copy.test.scores for copy in idle.copies if copy.test] == [found.seed_solutions[0].test.scores] * 2
    assert [len(cell(found, task, 1).copies[0].test.scores) for task in (0, 1)] == [8, 4]  # type: ignore[union-attr]


def test_record_in_which_every_improvement_failed_is_read_back(
    context: Callable[..., RunContext], plan: Plan, store: Store
) -> None:
    failing = replace(plan, tasks=plan.tasks[:1], improvers=(BROKEN,))
    carry_out(context(), failing, lambda line: None)
    sealed = _sealed_instances(store, "one", [BROKEN], SPEC.copies)
    assert sealed == 8
    found = matrix(store, replace(failing, tasks=(RecordedTask("one", sealed),)))
    assert found.complete and found.cells[0].values("test") == (0.0, 0.0)


def test_sealed_split_is_scored_once_a_copy_and_a_seed_solution_once(
    context: Callable[..., RunContext], plan: Plan, store: Store
) -> None:
    carry_out(context(), plan, lambda line: None)
    sealed = [stored.event.scope for stored in store.events(Evaluated) if stored.event.split == "test"]
    assert len(sealed) == len(set(sealed)) == 2 * 3 * SPEC.copies + 2


def test_seed_improver_under_another_name_is_not_measured_again(
    context: Callable[..., RunContext], plan: Plan, store: Store
) -> None:
    same = replace(plan, tasks=plan.tasks[:1], improvers=with_seed([Named("best.py", improver_text("seed"))]))
    carry_out(context(), same, lambda line: None)
    found = matrix(store, same)
    assert found.complete and cell(found, 0, 0).copies == cell(found, 0, 1).copies
    assert len([None for _ in store.events(ImproveStarted)]) == SPEC.copies
    assert [(one.difference.mean, one.difference.interval) for one in differences(found)] == [(0.0, None)]


def test_what_was_measured_is_kept_and_what_was_cut_short_goes_on(
    context: Callable[..., RunContext], plan: Plan, store: Store
) -> None:
    answers = iter([DOUBLING] * 3)  # the fourth copy of the seed improver finds none

    def until_it_ends(request: Request) -> str:
        try:
            return next(answers)
        except StopIteration:
            raise LanguageModelError("no more") from None

    with pytest.raises(LanguageModelError):
        carry_out(context(until_it_ends), plan, lambda line: None)
    before = matrix(store, plan)
    assert not before.complete and before.cells
    said: list[str] = []
    carry_out(context(going_on=True), plan, said.append)
    after = matrix(store, plan)
    assert after.complete and cell(after, 0, 0) == cell(before, 0, 0)
    assert said[0] == f"{len(before.cells)} of 6 measurements done before"
    ended = [stored.event.scope for stored in store.events(ImproveFinished)]
    assert len(ended) == len(set(ended)) == 2 * 3 * SPEC.copies, "no improvement was done twice"


def test_each_step_is_told(context: Callable[..., RunContext], plan: Plan, store: Store) -> None:
    said: list[str] = []
    carry_out(context(), plan, said.append)
    assert said[:2] == ["one: scoring the seed solution", "two: scoring the seed solution"]
    assert {line.split(" (")[0] for line in said[2:]} == {
        f"{task}: measuring {improver}" for task in ("one", "two") for improver in ("seed", "idle", "broken")
    }
    assert [line.split(" (")[1] for line in said[2:]] == [f"{number} of 6)" for number in range(1, 7)]


def test_intervals_of_a_matrix_hold_together(context: Callable[..., RunContext], plan: Plan, store: Store) -> None:
    carry_out(context(), plan, lambda line: None)
    found = differences(matrix(store, plan))
    assert [(one.task.name, one.improver.name) for one in found] == [
        ("one", "idle"), ("one", "broken"), ("two", "idle"), ("two", "broken"),
    ]  # fmt: skip
    assert [one.difference.mean for one in found if one.improver.name == "broken"] == [-1.0, -1.0]
    assert found[1].difference == score_difference([0.0] * 2, [1.0] * 2, confidence=1 - 0.05 / 4)


@pytest.mark.parametrize("names", [["a.py", "a.py"], ["a.py", "b.py"], ["seed", "seed"]])
def test_improver_that_is_named_twice_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.py", "b.py"):
        Path(name).write_text(IDLE.text)
    with pytest.raises(ConfigurationError, match=r"twice|the same improver"):
        named(names)


def test_seed_improver_may_have_several_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("best.py").write_text(improver_text("seed"))
    assert [each.name for each in with_seed(named(["best.py", "seed"]))] == ["seed", "best.py"]


def scored(scope: str, split: str, scores: tuple[float, ...], value: float) -> Evaluated:
    return Evaluated(
        scope=scope, utility="one", split=split, solution="", verdict="ok" if value else "raised", value=value, scores=scores,
        verdicts=(), error="", cpu_seconds=0.0, wall_seconds=0.0,
    )  # fmt: skip


def record_copy(store: Store, scope: str, *, sealed: bool) -> None:
    store.append(
        ImproveFinished(
            scope=scope, outcome="ok", detail="", solution="", utility_calls=1, lm_calls=1, cpu_seconds=0.0, wall_seconds=0.0
        )
    )  # fmt: skip
    store.append(scored(f"{scope}/u-0123456789ab#0", "train", (0.25,), 0.25))
    store.append(scored(f"{scope}/result", "train", (0.5,), 0.5))
    if sealed:
        store.append(scored(f"{scope}/test", "test", (1.0,), 1.0))


def test_measurement_of_which_a_copy_is_missing_does_not_count(store: Store) -> None:
    record_copy(store, "one/a/copy0", sealed=True)
    record_copy(store, "one/a/copy1", sealed=False)
    assert copies_of(store, "one/a", 2, sealed=True) == ()
    found = copies_of(store, "one/a", 2, sealed=False)
    assert [copy.train.value for copy in found] == [0.5, 0.5]
