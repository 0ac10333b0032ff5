"""What strop says of a program of an evaluator or a command, from end to end of an evaluation."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from strop.base.errors import ConfigurationError, StropError
from strop.base.events import Evaluated, discard
from strop.base.results import Evaluation
from strop.base.solution import digest_of
from strop.checks.before_run import refuse_rewarding
from strop.evaluation.audit_log import AuditLog
from strop.evaluation.base import Order
from strop.evaluation.commands.built_program import ProgramRun
from strop.evaluation.commands.command_program import WorkspacePool
from strop.evaluation.commands.evaluated_program import Isolation
from strop.evaluation.commands.measure import CommandMeasurement
from strop.evaluation.commands.original import EvaluatorTrial
from strop.sandbox.workspace.jail import Workspaces
from strop.tasks.base import SecretSeeds
from strop.tasks.command.task import CommandTask
from strop.tasks.evaluator.task import evaluator_task
from support.commands_here import here
from support.trees import written

Outcome: TypeAlias = Literal["better", "by its own score", "not better", "failed", "refused"]
SEEDS = SecretSeeds(b"secret")


@dataclass(frozen=True)
class Apart:
    """A folder with an evaluator and its program, which run as two guests."""

    folder: Path
    workspaces: Workspaces

    def task(self, program: str, evaluator: str, **options: object) -> CommandTask:
        self.folder.mkdir(exist_ok=True)
        written(self.folder, {"program.py": program, "evaluator.py": evaluator})
        return evaluator_task(self.folder / "program.py", self.folder / "evaluator.py", **options)

    def learnt(self, program: str, evaluator: str, **options: object) -> Callable[[str], ProgramRun]:
        """Run the original; what measures other programs after it."""
        task = self.task(program, evaluator, **options)
        isolation = Isolation(tried(task, self.workspaces).original_calls)
        return lambda text: measured(task, text, self.workspaces, isolation)

    def outcome(self, program: str, evaluator: str, cheat: str, **options: object) -> tuple[Outcome, Evaluation]:
        """What strop says of a cheat."""
        return judged(self.task(program, evaluator, **options), self.workspaces, cheat)[0]


def judged(
    task: CommandTask, workspaces: Workspaces, *programs: str, before: Callable[[str], None] = lambda text: None
) -> list[tuple[Outcome, Evaluation]]:
    """What strop says of programs in training, and their evaluations: `refused` where it asks no model, because a spoiled
    answer of the original would be rewarded. `before` is called before each of them."""
    pool = WorkspacePool(workspaces)
    evaluator, found = here(task, pool=pool), []
    for program in (task.seed, *programs):
        if found:
            before(program)
        order = Order("candidate", program, task.name, "train", SEEDS, b"secret")
        try:
            found.append(evaluator.submit(order).result().result())
        except StropError as error:
            failed = Evaluation(0.0, "malformed", error=str(error))
            return [("refused", failed)] * len(programs)
    pool.close()
    is_better = any(each.verdict == "ok" and each.value > 0.5 for each in found[1:])
    refusal = rewards(task, workspaces) if is_better and not task.own_score_because else ""
    if refusal:
        return [("refused", replace(each, error=refusal)) for each in found[1:]]
    return [(_outcome(task, each), each) for each in found[1:]]


def resumed(task: CommandTask, workspaces: Workspaces, program: str) -> Evaluation:
    """The final comparison of a program, in a process that knows the original from a record."""
    known = Evaluated(
        scope="e", utility=task.name, split="train", solution=digest_of(task.seed), verdict="ok", value=0.5
    )
    order = Order("last", program, task.name, "test", SEEDS, b"secret", is_final=True)
    with closing(WorkspacePool(workspaces)) as pool:
        evaluator = here(task, pool=pool)
        evaluator.recall([known], SEEDS)
        return evaluator.submit(order).result().result()


def rewards(task: CommandTask, workspaces: Workspaces) -> str:
    """Why a run with this task is refused; empty if it is not."""
    try:
        with closing(WorkspacePool(workspaces)) as pool:
            refuse_rewarding([task], here(task, pool=pool), b"secret")
    except ConfigurationError as error:
        return str(error)
    return ""


def tried(task: CommandTask, workspaces: Workspaces) -> EvaluatorTrial:
    """What the trial of an evaluator shows. Raises ConfigurationError if it is refused."""
    order = Order("trial", task.seed, task.name, "train", SEEDS, b"secret")
    with AuditLog(discard, "test", None) as notes:
        found = CommandMeasurement(task, order, WorkspacePool(workspaces), notes, lambda *_: None).try_evaluator()
    assert found is not None
    return found


def measured(task: CommandTask, program: str, workspaces: Workspaces, isolation: Isolation | None) -> ProgramRun:
    """One evaluation of a program, apart from its evaluator or, with None, in one process."""
    files, pool = {next(iter(task.files)): program}, WorkspacePool(workspaces)
    with AuditLog(discard, "test", None) as notes, pool.opened(task, files, notes, isolation) as copy:
        return copy.run(5)


def _outcome(task: CommandTask, evaluation: Evaluation) -> Outcome:
    if evaluation.verdict != "ok":
        return "failed"
    if evaluation.value <= 0.5:
        return "not better"
    return "by its own score" if task.own_score_because else "better"
