"""The verdict on a small target's candidate, measured as a run measures it, but with warm servers and without a command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, chdir, closing, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from pytest import MonkeyPatch

from strop.analysis.stats import least_pairs
from strop.api.conventions import make_spec
from strop.api.improvement import improve_job
from strop.api.job import Job
from strop.api.target import Target as Goal
from strop.api.target import target_of
from strop.base.errors import StropError
from strop.base.events import ProgramRan
from strop.base.results import Evaluation
from strop.base.surface import command_line
from strop.checks.before_run import refuse_rewarding
from strop.cli.app import application
from strop.core.completed_work import CompletedWork
from strop.evaluation import base
from strop.evaluation.baselines import WithBaselines
from strop.evaluation.commands.built_program import SEED_BITS
from strop.evaluation.commands.command_program import WorkspacePool
from strop.lm.answer_cache import AnswerCache, NoModel
from strop.options.commands import scoring_of
from strop.options.run import OneImprovementOptions
from strop.options.scoring import ScoringOptions
from strop.runs import context
from strop.runs.assembly import Components
from strop.runs.context import RunContext
from strop.runs.finding import ScoredProgram
from strop.runs.improve import HeldOut
from strop.runs.journal import Journal
from strop.runs.record import Record
from strop.runs.results.improved import Improved, read_improved
from strop.runs.run_directory import meta_of
from strop.runs.scopes import ORIGINAL_PROGRAM
from strop.sandbox.jail import JailedSandbox
from strop.sandbox.workspace.jail import Workspaces
from strop.store import Store
from strop.tasks.base import SecretSeeds, Task
from strop.tasks.command.task import AnyTask, CommandTask
from strop.tasks.function.task import FunctionTask
from support.commands_here import here
from support.small_targets.target import Right, Target, written

SECRET = b"secret" * 6
CALLS_ALONE = CompletedWork(
    programs={ORIGINAL_PROGRAM: ProgramRan(scope=ORIGINAL_PROGRAM, solution="", failed="a row is judged by its calls")}
)
"""The work that is done before: no row runs a whole program, so that calls alone must tell a cheat."""
RETURNS = "def improve_algorithm(initial_solution, utility, language_model):\n    return {!r}\n"


class Engine:
    """Measures small targets one after another."""

    def __init__(self, jail: JailedSandbox) -> None:
        """`jail`: where functions run."""
        self._jail = jail
        self._evaluators: dict[str, WithBaselines] = {}
        """A target without its candidate, as text → its evaluator."""

    def verdict(self, target: Target, folder: Path) -> tuple[Right, str]:
        """(the verdict on the candidate, what is said of it or the line that refuses the target).

        In a candidate, TRAINED stands for the seed of the only training instance of a command.
        """
        with chdir(written(target, folder / "target")), command_line(), MonkeyPatch.context() as patch:
            if not target.all_held_out:  # no row's right answer depends on a fifth run
                patch.setattr(base, "MOST_REPEATS", 2)
            if target.right == "better":  # a cheat may take as long as the original, which one batch does not show
                patch.setattr(context, "batches_of", lambda *given: 1)
            try:
                result = self._improved(target, folder / "run")
            except StropError as error:
                assert error.exit_code in (2, 5), error
                return "refused", str(error)
        return "better" if result.finding == "better" else "not better", f"{result.finding}: {result}"

    def _improved(self, target: Target, folder: Path) -> Improved:
        options = options_of("improve", *target.arguments)
        goal = target_of(
            options["target"], scoring_of(options.get("scored", ScoringOptions()), options.get("settings", ()))
        )
        spec = make_spec(
            (target.arguments[0],), options.get("budget", OneImprovementOptions()), seed=1, copies=1, iterations=0
        )
        trained = SecretSeeds(SECRET).seed(goal.task.name, "train", 0) % (1 << SEED_BITS)
        candidate = target.candidate.replace("TRAINED", str(trained))
        job = improve_job(spec, goal, RETURNS.format(candidate), HeldOut(1 - target.all_held_out))
        goal = goal if target.all_held_out else replace(goal, task=with_one_held_out(goal.task))
        with self._parts(job, goal, target) as parts:
            if target.right == "refused" and not spec.trust_scorer:
                refuse_rewarding([goal.task], parts.evaluator or here(goal.task, jail=self._jail), parts.secret)
            with Store.create(folder, meta_of(parts, "improve", job.meta).texts(folder)) as store:
                job.do(RunContext(parts, Journal(store, lambda event: None)))
            with Record.open(folder) as record:
                result = read_improved(record)
        assert isinstance(result, Improved)
        return result if target.all_held_out else as_often(result)

    @contextmanager
    def _parts(self, job: Job[Any], goal: Goal, target: Target) -> Iterator[Components]:
        model = AnswerCache(NoModel("", is_language_model=False))
        with ExitStack() as stack:
            evaluator = None
            if isinstance(goal.task, CommandTask):
                workspaces = stack.enter_context(Workspaces(slots=3, require=job.spec.require))
                evaluator = self._evaluator(target, goal.task, stack.enter_context(closing(WorkspacePool(workspaces))))
            if isinstance(goal.task, FunctionTask):
                evaluator = here(goal.task)
            yield Components(job.spec, (goal.task,), model, self._jail, SECRET, past=CALLS_ALONE, evaluator=evaluator)

    def _evaluator(self, target: Target, task: CommandTask, pool: WorkspacePool) -> WithBaselines:
        """The evaluator of commands. Targets that differ only in their candidate share the measurements of the original."""
        original = repr(replace(target, name="", candidate="", right="better", excerpt=""))
        evaluator = self._evaluators.setdefault(original, here(task, pool=pool))
        evaluator.relocate([task], evaluator.here.progress)
        evaluator.here.worker.pool = pool
        return evaluator


@cache
def options_of(*arguments: str) -> Mapping[str, Any]:
    """The options that the command line parses from these arguments, cached because parsing takes 40 ms."""
    _, bound, *_ = application([arguments[0]]).parse_args(list(arguments))
    return bound.arguments


def with_one_held_out(task: AnyTask) -> AnyTask:
    """The task with one instance in training and one held out, of those that are drawn."""
    if isinstance(task, Task):
        listed = isinstance(task, FunctionTask) and task.cases
        return task if listed else replace(task, instances=1 if task.by_time else task.instances, test_instances=1)
    return task if task.cases else replace(task, instances=1, test_instances=1)


def as_often(result: Improved) -> Improved:
    """The result that strop would have with as many held-out instances as show a difference, all like the few that there are."""
    if result.improved is None or result.improved.test is None:
        return result
    return replace(result, improved=_repeated(result.improved), original=_repeated(result.original))


def _repeated(program: ScoredProgram) -> ScoredProgram:
    test: Evaluation | None = program.test
    if test is None or not 0 < len(test.scores) < least_pairs():
        return program
    names = ("scores", "verdicts", "metrics", "original_metrics", "seconds", "answers")
    columns = {name: getattr(test, name) * least_pairs() for name in names}
    return replace(program, test=replace(test, **columns, inputs=()))
