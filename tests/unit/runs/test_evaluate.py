"""A matrix of improvers and tasks in one record, with real guests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from strop.analysis.stats import score_difference
from strop.base.as_document import to_json
from strop.base.errors import ConfigurationError, LanguageModelError
from strop.base.events import Evaluated, ImproveFinished, ImproveStarted, discard
from strop.base.from_json import from_json
from strop.lm.answer_cache import AnswerCache
from strop.lm.base import Request
from strop.lm.scripted import Scripted
from strop.runs.assembly import Components, Observer
from strop.runs.context import RunContext
from strop.runs.evaluate import carry_out, concluded, copies_of, measured_in, named, with_seed
from strop.runs.journal import Journal
from strop.runs.meta import Meta, Named
from strop.runs.record import Record
from strop.runs.results.measured import AGAIN, Measured, Measurement
from strop.runs.results.parts import Sample, sample
from strop.runs.resume import recall
from strop.runs.spec import RunSpec, improver_text
from strop.sandbox.jail import JailedSandbox
from strop.store import Store
from strop.tasks.base import Task
from support.records import evaluated, started

DOUBLING = "```python\ndef algorithm(n):\n    return 2 * n\n```"
IDLE = Named("idle", "def improve_algorithm(initial_solution, utility, language_model):\n    return initial_solution\n")
BROKEN = Named("broken", "def improve_algorithm(initial_solution, utility, language_model):\n    return nothing\n")
SPEC = RunSpec(copies=2, utility_budget=3, lm_budget=1, max_responses=1, workers="1", require=())


IMPROVERS = with_seed([IDLE, BROKEN], improver_text("seed"))


class Telling(Observer):
    """Gives its lines to a function."""

    def __init__(self, told: Callable[[str], None]) -> None:
        self.say = told  # type: ignore[method-assign]


class Measuring:
    """Measures improvers on the first of two tasks, or on both, in one record, and reads the result back."""

    def __init__(self, jail: JailedSandbox, tasks: tuple[Task, ...], folder: Path) -> None:
        self._jail, self._tasks, self._folder = jail, tasks, folder
        self._store: Store | None = None

    @property
    def store(self) -> Store:
        assert self._store is not None
        return self._store

    def __call__(
        self,
        improvers: Sequence[Named] = IMPROVERS,
        count: int = 2,
        *,
        kind: str = "eval",
        answers: Callable[[Request], str] = lambda request: DOUBLING,
        told: Callable[[str], None] = lambda line: None,
    ) -> Measured:
        tasks, recalled = self._tasks[:count], None
        if self._store is None:
            meta = Meta(kind=kind, tasks=tuple(task.name for task in tasks), improvers=tuple(improvers))
            self._store = Store.create(self._folder, meta.texts(self._folder))
            self._store.append(started(SPEC))
        else:
            recalled = recall(self._store)
        parts = Components(SPEC, tuple(tasks), AnswerCache(Scripted(answers)), self._jail, b"secret")
        journal = Journal(self._store, discard, recalled=recalled)
        with suppress(LanguageModelError):
            carry_out(RunContext(parts, journal, Telling(told)), improvers)
        return measured_in(Record(self._store))


@pytest.fixture
def measure(jail: JailedSandbox, bench: Callable[..., Any], tmp_path: Path) -> Iterator[Measuring]:
    measuring = Measuring(jail, (bench(name="one").task, bench(name="two", test_instances=4).task), tmp_path / "eval")
    yield measuring
    measuring.store.close()


def cell(found: Measured, task: int, improver: int) -> Measurement:
    there = found.cell(found.tasks[task], found.improvers[improver])
    assert there is not None
    return there


def test_table_has_every_improver_on_every_task_with_the_seed_improver_first(measure: Measuring) -> None:
    said: list[str] = []
    found = measure(told=said.append)
    assert found.complete and from_json(Measured, to_json(found)) == found
    assert [(each.task, each.improver) for each in found.cells] == [
        (task, improver) for task in ("one", "two") for improver in ("seed", "idle", "broken")
    ]
    for task in (0, 1):
        assert cell(found, task, 0).test.values == (1.0, 1.0)
        assert cell(found, task, 1).test.values == (found.seed_solutions[task].test.value,) * 2
        assert cell(found, task, 2).test.values == (0.0, 0.0)
    endings = [(ending.outcome, ending.detail.splitlines()[-1]) for ending in cell(found, 0, 2).endings]
    assert endings == [("raised", "NameError: name 'nothing' is not defined")] * 2
    assert (cell(found, 0, 0).lm_calls, cell(found, 0, 0).responses, cell(found, 0, 1).lm_calls) == (2, 2, 0)
    assert said[:3] == [
        "one: scoring the seed solution",
        "two: scoring the seed solution",
        "one: measuring seed (1 of 6)",
    ]
    # Every improver meets the same instances, and the held-out split is scored once a copy, and once for a seed solution.
    idle = copies_of(measure.store, f"one/{IDLE.digest[:12]}", SPEC.copies)
    assert [copy.test.scores for copy in idle if copy.test] == [found.seed_solutions[0].test.scores] * 2
    assert [len(seed.test.scores) for seed in found.seed_solutions] == [8, 4]
    held_out = [stored.event.scope for stored in measure.store.events(Evaluated) if stored.event.split == "test"]
    assert len(held_out) == len(set(held_out)) == 2 * 3 * SPEC.copies + 2
    # The intervals of a table hold together.
    rows = found.differences
    assert [(row.task, row.improver, row.mean == -1.0) for row in rows] == [
        (task, improver, improver == "broken") for task in ("one", "two") for improver in ("idle", "broken")
    ]
    assert rows[1].interval == score_difference([0.0] * 2, [1.0] * 2, confidence=1 - 0.05 / 4).interval


def test_what_was_measured_is_kept_and_what_was_cut_short_goes_on(measure: Measuring) -> None:
    answers = iter([DOUBLING] * 3)  # the fourth copy of the seed improver finds none

    def until_it_ends(request: Request) -> str:
        try:
            return next(answers)
        except StopIteration:
            raise LanguageModelError("no more") from None

    before = measure(answers=until_it_ends)
    assert not before.complete and before.cells
    assert before.sentence == f"Unfinished: {len(before.cells)} of 6 measurements done."
    said: list[str] = []
    after = measure(told=said.append)
    assert after.complete and set(before.cells) < set(after.cells)
    assert said[0] == f"{len(before.cells)} of 6 measurements done before"
    ended = [stored.event.scope for stored in measure.store.events(ImproveFinished)]
    assert len(ended) == len(set(ended)) == 2 * 3 * SPEC.copies, "no improvement was done twice"


def test_two_improvers_are_compared_over_all_tasks_and_on_each(measure: Measuring) -> None:
    found = measure([BROKEN, IMPROVERS[0]], kind="against")
    assert (found.improvers, [row.task for row in found.differences]) == (("broken", "seed"), ["", "one", "two"])
    assert found.differences[0].mean == -1.0 and found.better is None
    begins = "No significant difference between broken and seed: -1.000 in û, on the held-out "
    assert found.sentence.startswith(
        f"{begins}instances of one and two, 2 copies of each; at least 4 copies are needed to show a difference."
    )
    assert "Both had the same budgets; seed spent more: 4 LM calls against 0" in found.sentence


def test_better_of_two_improvers_is_named_unless_a_program_scores_itself(measure: Measuring) -> None:
    found = measure([BROKEN, IMPROVERS[0]], 1, kind="against")
    many = {name: sample([(name == "seed") * (0.9 + step / 50) for step in range(5)]) for name in found.improvers}
    costs: dict[str, Any] = {"lm_calls": 4, "responses": 4, "evaluations": 8, "tokens": None, "dollars": None}
    cells = [replace(cell, test=cast(Sample, many[cell.improver]), **costs) for cell in found.cells]
    for order in (1, -1):  # whichever stands first
        found = concluded(replace(found, improvers=found.improvers[::order], cells=tuple(cells)))
        begin = "Better: seed beats broken by 0.940 (95% interval 0."
        assert found.better == "seed" and found.sentence.startswith(begin), found.improvers
        assert found.sentence.endswith("Both had the same budgets and spent about the same.")
    own = concluded(replace(found, own_score_because={"one": "the program prints this score itself"}))
    assert own.better is None and own.sentence.startswith("By their own scores: seed beats broken by 0.940")
    assert "; on one the program prints this score itself. Both had" in own.sentence


def test_improver_that_is_named_twice_is_measured_twice_and_refused_under_two_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in (("a.py", IDLE.text), ("b.py", IDLE.text), ("best.py", improver_text("seed"))):
        Path(name).write_text(text)
    for names in (["a.py"] * 3, ["a.py", "b.py"]):
        with pytest.raises(ConfigurationError, match=r"twice|the same improver"):
            named(names)
    assert [each.name for each in named(["a.py", "seed", "a.py"])] == ["a.py", "seed", "a.py (again)"]
    assert [each.name for each in with_seed(named(["best.py", "seed"]), "")] == ["seed", "best.py"]


def scored(scope: str, split: str, scores: tuple[float, ...], value: float) -> Evaluated:
    return evaluated("", value, scope, utility="one", split=split, scores=scores)


def record_copy(store: Store, scope: str, *, held_out: bool) -> None:
    store.append(ImproveFinished(scope=scope, solution="", utility_calls=1, lm_calls=1))
    store.append(scored(f"{scope}/u-0123456789ab#0", "train", (0.25,), 0.25))
    store.append(scored(f"{scope}/result", "train", (0.5,), 0.5))
    if held_out:
        store.append(scored(f"{scope}/test", "test", (1.0,), 1.0))


def test_measurement_of_which_a_copy_is_missing_does_not_count(store: Store) -> None:
    record_copy(store, "one/a/copy0", held_out=True)
    record_copy(store, "one/a/copy1", held_out=False)
    assert copies_of(store, "one/a", 2) == ()
    assert [copy.train.value for copy in copies_of(store, "one/a", 1)] == [0.5]


def test_improver_that_is_compared_with_itself_is_measured_twice_and_never_called_better(measure: Measuring) -> None:
    seed = IMPROVERS[0]
    twice = [seed, replace(seed, name=f"seed{AGAIN}")]
    found = measure(twice, 1, kind="against", answers=lambda request: "no" if "-again/" in request.scope else DOUBLING)
    assert found.complete and [each.test.values for each in found.cells] == [(1.0, 1.0), (0.0, 0.0)]
    assert found.better is None and found.differences[0].mean == 1.0
    assert found.sentence.startswith("By chance alone, two measurements of seed differ by +1.000")
    assert len({stored.event.scope for stored in measure.store.events(ImproveStarted)}) == 4


def over_tasks(
    found: Measured, values: Mapping[str, Sequence[float]], copies: int = 2, **known: tuple[str, str, float]
) -> Measured:
    """A measurement with other improvers: name → its mean on each of as many tasks."""
    tasks = [f"task{number}" for number in range(len(next(iter(values.values()))))]
    cells = [
        replace(found.cells[0], task=task, improver=name, digest=name, test=sample([mean] * copies))
        for number, task in enumerate(tasks)
        for name, means in values.items()
        for mean in means[number : number + 1]
    ]
    seeds = tuple(replace(found.seed_solutions[0], task=task) for task in tasks)
    changed = replace(found, tasks=tuple(tasks), improvers=tuple(values), cells=tuple(cells), seed_solutions=seeds)
    return concluded(changed, known)


def test_tasks_are_the_unit_of_what_is_said_where_a_sign_test_of_them_can_decide(measure: Measuring) -> None:
    found = measure([IMPROVERS[0], IDLE], 1)
    assert over_tasks(found, {"seed": [0.5] * 12, "mine": [0.6] * 10 + [0.4, 0.5]}).sentence == (
        "Better: mine beats the seed improver on 12 tasks: 10 won, 1 lost, 1 tied (exact sign test, p = 0.012)."
    )
    arms = {"seed": [0.5] * 12, "mine": [0.6] * 10 + [0.4, 0.5], "other": [0.4] * 12, "mine (again)": [0.6] * 12}
    several = over_tasks(found, arms)
    assert [row.decided for row in several.over_tasks] == [1, -1, 0]
    assert several.sentence == (
        "Better than the seed improver (12 tasks, exact sign test at 0.025): mine (10 won, 1 lost, 1 tied). "
        "Worse than the seed improver (12 tasks, exact sign test at 0.025): other (0 won, 12 lost, 0 tied). "
        "By chance alone, mine compared with itself: 2 won, 0 lost, 10 tied."
    )
    arms = {"seed": [0.5] * 7, "mine": [0.6] * 7, "other": [0.5] * 7}
    assert over_tasks(found, arms).sentence.endswith(" At least 7 tasks without a tie are needed to show a difference.")
    third = over_tasks(found, {"seed": [0.5] * 12, "mine": [0.6] * 12, "other": [0.5] * 12})
    assert "No significant difference: 1 of 2." in third.sentence


FEW: list[tuple[dict[str, list[float]], int, str]] = [
    ({"seed": [0.5] * 4, "mine": [0.6] * 4}, 8, "6"),
    ({"seed": [0.5] * 5, "mine": [0.6] * 5}, 8, "6"),  # a fifth that is won, too
    ({"seed": [0.5] * 7, "mine": [0.6] * 5 + [0.5] * 2}, 8, "6"),  # seven, of which two are tied
    ({"seed": [0.5] * 6, "mine": [0.6] * 6, "other": [0.5] * 6}, 8, "7"),
]


def test_copies_stay_the_unit_on_tasks_too_few_for_a_sign_test_and_what_would_be_enough_is_said(
    measure: Measuring,
) -> None:
    found = measure([IMPROVERS[0], IDLE], 1)
    for values, copies, enough in FEW:
        few = over_tasks(found, values, copies)
        assert few.sentence.startswith("Better than the seed improver (95% intervals, all "), few.sentence
        more = f" This holds on these tasks; at least {enough} tasks without a tie are needed to show it of others."
        assert few.sentence.endswith(more), few.sentence
    two = replace(found, kind="against")
    five = over_tasks(two, {"mine": [0.6, 0.7] * 2 + [0.6], "other": [0.5] * 5}, 4)
    assert five.better == "mine" and five.sentence.startswith("Better: mine beats other by 0.140 in û, on the held-out")
    assert "on these tasks" not in over_tasks(two, {"mine": [0.6, 0.4], "other": [0.5] * 2}, 8).sentence


def test_tasks_that_an_improver_was_trained_on_do_not_count_where_tasks_are_the_unit(measure: Measuring) -> None:
    found = replace(measure([IMPROVERS[0], IDLE], 1), trained_on={"mine": ("task0", "task1")})
    assert over_tasks(found, {"seed": [0.5] * 9, "mine": [0.6] * 8 + [0.4]}).sentence.startswith(
        "No significant difference between mine and the seed improver on 7 tasks that none was trained on: 6 won, 1 lost, 0 tied"
    )
    few = over_tasks(found, {"seed": [0.5] * 6, "mine": [0.6] * 6}, 6).sentence
    assert few.endswith("; at least 6 tasks that none was trained on without a tie are needed to show it of others.")


def test_better_of_two_improvers_over_tasks_is_named_first(measure: Measuring) -> None:
    found = measure([BROKEN, IMPROVERS[0]], 1, kind="against")
    for values in ({"one": [0.5] * 6, "other": [0.6] * 6}, {"other": [0.6] * 6, "one": [0.5] * 6}):
        known = {f"task{number}": ("utility", "max", 1.0) for number in range(6)}
        better = over_tasks(found, values, **known)
        assert better.better == "other" and better.sentence.startswith(
            "Better: other beats one on 6 tasks: 6 won, 0 lost, 0 tied (exact sign test, p = 0.031); "
            "mean share of the best known value +0.100. Both had the same budgets"
        )


def test_shares_of_best_known_values_are_compared_where_every_task_has_one(measure: Measuring) -> None:
    found = measure([IMPROVERS[0], IDLE], 1)
    values = {"seed": [0.4] * 6, "mine": [0.5, 0.5, 0.5, 0.5, 0.5, 0.45]}
    known = {f"task{number}": ("utility", "max", 0.5) for number in range(6)}
    (row,) = over_tasks(found, values, **known).over_tasks
    assert row.normalized == score_difference([1.0] * 5 + [0.9], [0.8] * 6)
    del known["task3"]
    assert over_tasks(found, values, **known).over_tasks[0].normalized is None
    known["task3"] = ("utility", "min", 0.2)
    (row,) = over_tasks(found, values, **known).over_tasks
    assert row.normalized == score_difference([1.0] * 3 + [0.4, 1.0, 0.9], [0.8] * 3 + [0.5, 0.8, 0.8])


REACHED: list[tuple[str, tuple[float | None, ...], float | None]] = [
    ("max", (90.0, None, None, None), 0.225),  # three of four copies fail
    ("min", (125.0, 125.0, None, None), 0.4),
    ("max", (80.0, 80.0, 80.0, 80.0), 0.8),
]
"""The goal of a metric whose best known value is 100, its value of each copy, None where that fails, and the mean share."""


def test_copy_that_fails_has_no_share_of_the_best_known_value_and_one_without_the_metric_is_none(
    measure: Measuring,
) -> None:
    found = measure([IMPROVERS[0], IDLE], 1)
    whole = over_tasks(found, {"mine": [0.6] * 6, "seed": [0.5] * 6}, 4)
    for goal, values, share in REACHED:
        known = dict.fromkeys(whole.tasks, ("speed", goal, 100.0))
        of_copies = tuple({} if value is None else {"speed": value} for value in values)
        verdicts = tuple("raised" if value is None else "ok" for value in values)
        full: dict[str, Any] = {"of_copies": ({"speed": 100.0},) * 4, "verdicts": ("ok",) * 4}
        mine: dict[str, Any] = {"of_copies": of_copies, "verdicts": verdicts}
        cells = [replace(one, **(mine if one.improver == "mine" else full)) for one in whole.cells]
        (row,) = concluded(replace(whole, kind="against", cells=tuple(cells)), known).over_tasks
        assert row.normalized is not None and row.normalized.mean == pytest.approx((share or 0) - 1), (goal, values)
        ran = [replace(one, verdicts=("ok",) * 4) for one in cells]  # the same, but no copy failed
        (row,) = concluded(replace(whole, kind="against", cells=tuple(ran)), known).over_tasks
        assert (row.normalized is None) == (None in values), (goal, values)
