"""Programs of commands are orders like others: several at once, ahead of the question, each original measured once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from strop.base.budget import Grant
from strop.base.errors import SandboxError, StoreError, TaskError
from strop.base.events import Evaluated
from strop.core.improver import improve
from strop.core.utility import TaskUtility
from strop.evaluation.base import Order, OrderResult
from strop.evaluation.baselines import WithBaselines
from strop.evaluation.pool import WorkerPool
from strop.evaluation.workers import pack
from strop.lm.base import Request
from strop.tasks.base import SecretSeeds
from strop.tasks.command.config import command_task
from strop.tasks.command.task import CommandTask
from support.processes import wait_until

pytestmark = pytest.mark.process
SEEDS = SecretSeeds(b"secret")
IMPROVER = """
from helpers import extract_code

def improve_algorithm(initial_solution, utility, language_model):
    programs = extract_code(language_model.batch_prompt("", ["3", "4", "5"]))
    language_model.prompt("", "wait")
    return max(programs[:2], key=utility)
"""


class Asked(WorkerPool):
    """Worker processes that remember which programs they were asked for."""

    def __init__(self, task: CommandTask, slots: int) -> None:
        super().__init__(pack([task], frozenset()), slots)
        self.asked: list[tuple[str, Future[OrderResult]]] = []

    def submit(self, order: Order, *, speculative: bool = False) -> Future[OrderResult]:
        self.asked.append((order.program, super().submit(order, speculative=speculative)))
        return self.asked[-1][1]

    def measured(self) -> set[str]:
        return {program for program, future in self.asked if future.done()}


@contextmanager
def pooled(task: CommandTask, slots: int = 1) -> Iterator[tuple[WithBaselines, Asked]]:
    pool = Asked(task, slots)
    with closing(WithBaselines(pool, pool, [task])) as evaluator:
        yield evaluator, pool


def task_of(root: Path, **changes: Any) -> CommandTask:
    (root / "program.sh").write_text("echo score 2\n")
    given = {"files": ["program.sh"], "command": "sh program.sh", "score": ["score (.*)"], "metric": ["score:max"]}
    return command_task(root, **{**given, **changes})


def order(task: CommandTask, number: int) -> Order:
    return Order(f"u{number}", f"echo score {number}\n", task.name, "train", SEEDS, b"secret")


def test_several_programs_are_measured_and_their_original_once(tmp_path: Path) -> None:
    task = task_of(tmp_path)
    with pooled(task, 2) as (evaluator, pool):
        futures = [evaluator.submit(order(task, number), speculative=True) for number in range(3, 7)]
        found = [future.result().result().metrics[0]["score"] for future in futures]
    assert found == [3.0, 4.0, 5.0, 6.0]
    assert [program for program, _ in pool.asked].count(task.seed) == 1


def test_original_that_does_not_run_fails_only_those_who_ask_and_a_closed_pool_takes_no_orders(tmp_path: Path) -> None:
    task = task_of(tmp_path)
    (tmp_path / "program.sh").write_text("exit 3\n")
    task = replace(task, files={"program.sh": "exit 3\n"})
    with pooled(task) as (evaluator, _):
        measured = evaluator.submit(order(task, 3)).result()
        with pytest.raises(TaskError, match="the original cannot be measured"):
            measured.result()
    with pytest.raises(SandboxError, match="closed"):
        evaluator.submit(order(task, 3)).result()


def test_measurements_for_a_verdict_are_counted_one_by_one_and_one_that_cannot_be_recorded_fails_the_order(
    tmp_path: Path,
) -> None:
    task, counted = task_of(tmp_path, held_out=3), list[tuple[str, int, int]]()

    def fails(order: Order, number: int, count: int) -> None:
        raise StoreError("the disk is full")

    with pooled(task) as (evaluator, _):
        final = replace(order(task, 3), split="test", is_final=True)
        evaluator.relocate([task], lambda order, number, count: counted.append((order.scope, number, count)))
        evaluator.submit(final).result().result()
        assert counted == [("u3", number, 3) for number in (1, 2, 3)]
        evaluator.relocate([task], fails)
        with pytest.raises(StoreError, match="the disk is full"):
            evaluator.submit(replace(final, scope="u4")).result()
        evaluator.relocate([task], lambda *_: None)
        assert evaluator.submit(replace(final, scope="u5")).result().result().verdict == "ok"


def test_commands_are_measured_on_the_tree_that_their_task_names_now(tmp_path: Path) -> None:
    for name, number in (("one", 1), ("other", 2)):
        (tmp_path / name).mkdir()
        task = task_of(tmp_path / name, build="true")
        (task.root / "number").write_text(f"{number}\n")
    reads = replace(order(task, 0), program="echo score $(cat number)\n")
    with pooled(task) as (evaluator, _):
        assert evaluator.submit(reads).result().result().metrics == ({"score": 2.0},)
        evaluator.relocate([replace(task, root=tmp_path / "one")], lambda *_: None)
        assert evaluator.submit(replace(reads, scope="again")).result().result().metrics == ({"score": 1.0},)


@pytest.mark.parametrize(("score", "ahead"), [("score (.*)", 3), ("time", 0)])
def test_programs_are_measured_before_the_improver_asks_unless_they_are_timed(
    bench: Any, tmp_path: Path, score: str, ahead: int
) -> None:
    task = task_of(tmp_path, score=[score], metric=["time" if score == "time" else "score:max"])
    seen: list[int] = []
    with pooled(task, 2) as (evaluator, pool):

        def answer(request: Request) -> str:
            if request.message == "wait":
                wait_until(lambda: len(pool.measured() - {task.seed}) >= ahead)
                seen.append(len(pool.measured() - {task.seed}))
                return "```\n```"  # which is no program
            return f"```\necho score {request.message}\n```"

        b = bench(answers=answer)
        utility = TaskUtility(task, "train", SEEDS, None, b.events.append, b"secret", evaluator=evaluator)
        found = improve(IMPROVER, task.seed, utility, Grant(5), b.budget.child("at"), b.host())
    assert seen == [ahead]
    assert (found.utility_calls, found.unused_evaluations) == (2, 1 if ahead else 0)
    assert len(b.of(Evaluated)) == 2
