"""The parts of a run, wired together: task, model, jail and one recorder."""

from __future__ import annotations

import json
import platform
import random
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from typing import Any

import numpy as np

from strop.base.budget import LM_CALLS, Budget, Movement
from strop.base.errors import ConfigurationError, TaskError
from strop.base.events import BudgetMoved, Recorder, RunResumed, RunStarted
from strop.base.randomness import derive
from strop.core.completed_work import NOTHING
from strop.core.edits.answers import Editing
from strop.core.handles import Grant, Host
from strop.core.meta_utility import Downstream, MetaUtility
from strop.core.selection import Gate, make_selection
from strop.core.selection.comparison import Selection
from strop.core.utilities.baselines import Baselines
from strop.core.utilities.command import CommandUtility
from strop.core.utilities.speed import SpeedUtility
from strop.core.utility import TaskUtility, Utility, seed_runs
from strop.lm.base import LanguageModel
from strop.lm.metering import Metered
from strop.lm.options import ModelSettings
from strop.lm.prices import check_cost_limit, tariffs
from strop.lm.registry import make as make_language_model
from strop.lm.replay import Recorded
from strop.runs.auditing import Auditor
from strop.runs.resume import ResumeState
from strop.runs.secret import key_file, machine_key, run_secret
from strop.runs.spec import RunSpec
from strop.sandbox.jail import JailedSandbox
from strop.sandbox.posture import DEFAULT_REQUIRE, PROTECTIONS, Posture
from strop.sandbox.workspace.base import Workspaces
from strop.sandbox.workspace.jail import JailedWorkspaces
from strop.tasks.base import PublishedSeeds, SecretSeeds, Seeds, Split
from strop.tasks.command.task import AnyTask, CommandTask
from strop.tasks.function.task import FunctionTask
from strop.tasks.paper.self_improvement.task import self_improvement
from strop.tasks.registry import load_any


@dataclass(frozen=True)
class Components:
    """What a run is made of; whoever makes them closes them."""

    spec: RunSpec
    task: AnyTask
    language_model: Recorded
    sandbox: JailedSandbox
    secret: bytes
    meter: Metered | None = None
    """Where the model behind `language_model` is paid for; None: nowhere."""
    source: str = ""
    """What the task was loaded from: its name, or a file."""
    workspaces: Workspaces | None = None
    """Where commands run; None where no task has any."""
    further: tuple[AnyTask, ...] = ()
    """Tasks beside `task`, of an improver that is trained on several."""
    further_sources: tuple[str, ...] = ()
    """What these were loaded from."""

    @property
    def tasks(self) -> tuple[AnyTask, ...]:
        """Every task, `task` first."""
        return (self.task, *self.further)


@dataclass(frozen=True)
class RunOrigin:
    """What a run that was made before is made from again, whatever this machine's key and folders are."""

    secret: bytes
    task: str
    """A built-in task's name, or the file that its record keeps."""
    further_tasks: tuple[str, ...] = ()
    """The same of the tasks beside it."""

    @property
    def tasks(self) -> tuple[str, ...]:
        """All of them, `task` first."""
        return (self.task, *self.further_tasks)


class RunContext:
    """The parts of a run wired to one recorder, behind the audit of every program text."""

    def __init__(
        self, parts: Components, record: Recorder, run: Budget | None = None, recalled: ResumeState | None = None
    ) -> None:
        """`run` is what everything is spent in; a budget of its own, whose movements are recorded, when not given.

        `recalled` is what a record that is gone on with held.
        """
        self.parts = parts
        self._recalled = recalled
        judged = recalled.programs if recalled else ()
        self.record = record = record if isinstance(record, Auditor) else Auditor(record, judged)
        if run is None:
            run = Budget(parts.spec.limits(), on_movement=self._moved)
            if parts.meter is not None:
                parts.meter.spend_in(run)
            if recalled:
                run.restore_root(LM_CALLS, recalled.calls)
                for counter, amount in recalled.money.items():
                    run.restore(counter, amount)
        self.run = run
        past = recalled.past if recalled else NOTHING
        editing = editing_of(parts.spec, parts.language_model)
        self.host = Host(parts.sandbox, parts.language_model, record, parts.secret, past=past, editing=editing)
        # One for all tasks of a record, so that they share the places too.
        self._places = threading.Semaphore(improvers_at_once(parts.spec))
        self._baselines = Baselines()

    def of(self, task: AnyTask, at: Budget) -> RunContext:
        """This laboratory for one task alone, spending in `at`, whose path must be its own: randomness derives from it."""
        parts = replace(self.parts, task=task, further=(), further_sources=())
        other = RunContext(parts, self.record, at, self._recalled)
        other._places, other._baselines = self._places, self._baselines
        return other

    def utility(self, split: Split, *, strict: bool = False, in_turns: bool = False) -> Utility:
        """The task's utility on a split.

        `strict`: for the task's own seed, whose failing breaks the task. `in_turns`: of a command task, with the original.
        """
        published = self.parts.spec.instances == "published"
        seeds: Seeds = PublishedSeeds() if published else SecretSeeds(self.parts.secret)
        return self._utility(split, seeds, strict, in_turns)

    def fresh_utility(self, name: str) -> Utility:
        """The task's utility on as many instances as the training split has, drawn for `name` alone and never published."""
        return self._utility("gate", SecretSeeds(derive(self.parts.secret, "fresh", name).to_bytes(32)), False)

    def _utility(self, split: Split, seeds: Seeds, strict: bool, in_turns: bool = False) -> Utility:
        parts, past = self.parts, self.host.past
        if isinstance(parts.task, CommandTask):
            assert parts.workspaces is not None
            return CommandUtility(
                parts.task, split, seeds, parts.workspaces, self.record, past, self._baselines, in_turns
            )
        if isinstance(parts.task, FunctionTask) and parts.task.by_time:
            return SpeedUtility(parts.task, split, seeds, parts.sandbox, self.record, parts.secret, past)
        return TaskUtility(parts.task, split, seeds, parts.sandbox, self.record, parts.secret, strict, past)

    def selection(self) -> Selection:
        """The selection of the recipe."""
        spec = self.parts.spec
        gate = Gate(spec.gate_error, max(spec.iterations, 1), spec.gate_pairs)
        return make_selection(spec.selection, gate, random.Random(derive(self.parts.secret, "selection")))

    def check_seed(self) -> None:
        """Score the seed solution once, before anything is spent on improving it.

        Raises:
            TaskError: it does not run, or its answers cannot be scored. (That it answers nothing of use is allowed, and that it
            is slow where the task says so.)
        """
        task, at = self.parts.task, self.run.child("seed")
        evaluation = self.utility("train", strict=True).evaluate(task.seed, at)
        if not seed_runs(evaluation, task):
            reason = evaluation.error.split("\n")[0]
            raise TaskError(f"task {task.name}: its seed solution does not run: {reason}")
        for each in self.parts.further:
            self.of(each, at.child(each.name)).check_seed()

    def meta_utility(self) -> MetaUtility:
        """û over |D| copies: as many of each task, one task after another."""
        spec = self.parts.spec
        each = [self] + [self.of(task, self.run) for task in self.parts.further]
        return MetaUtility(
            downstream=[downstream for one in each for downstream in [one._downstream()] * spec.copies],
            description=meta_description(spec),
            grant=Grant(spec.utility_budget, spec.lm_budget, spec.max_responses),
            host=self.host,
            places=self._places,
        )

    def _downstream(self) -> Downstream:
        return Downstream(self.utility("train"), self.utility("test"), self.parts.task.seed, self.fresh_utility)

    def _moved(self, movement: Movement) -> None:
        self.record(
            BudgetMoved(
                scope=movement.path,
                counter=movement.counter,
                amount=movement.amount,
                granted=movement.granted,
                used=movement.used,
                limit=movement.limit,
            )
        )


def meta_description(spec: RunSpec) -> str:
    """u_str of the meta-utility, grey-box (§3), with the budgets of this run."""
    return self_improvement().told(asdict(spec) | {"copies": spec.downstream})


def started(spec: RunSpec, language_model: LanguageModel, posture: Posture) -> RunStarted:
    """The first event of a run: its recipe and the ground it stands on."""
    return RunStarted(scope="", **_ground(spec, language_model, posture))


def resumed(spec: RunSpec, language_model: LanguageModel, posture: Posture, recalled: ResumeState) -> RunResumed:
    """The first event of a stretch that goes on with a run."""
    ground = _ground(spec, language_model, posture)
    return RunResumed(scope="", **ground, events=recalled.events, seconds=recalled.seconds)


def _ground(spec: RunSpec, language_model: LanguageModel, posture: Posture) -> dict[str, Mapping[str, Any]]:
    environment = {
        "strop": version("strop"),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "platform": platform.platform(),
        "language_model": language_model.name,
        "is_language_model": language_model.is_language_model,
    }
    return {
        "spec": json.loads(spec.to_json()),
        "environment": environment,
        "posture": posture_document(posture),
    }


def posture_document(posture: Posture) -> dict[str, object]:
    """What the jail was observed to enforce, as plain data."""
    return {
        "protections": {
            each.name: {
                "what": each.meaning or PROTECTIONS[each.name],
                "enforced": each.enforced,
                "detail": each.detail,
            }
            for each in posture.protections
        },
        "layers": dict(posture.layers),
        "digest": posture.digest,
    }


@contextmanager
def assembled(
    spec: RunSpec,
    environ: Mapping[str, str],
    origin: RunOrigin | None = None,
    model: Callable[[], LanguageModel] | None = None,
    tasks: Sequence[AnyTask] = (),
) -> Iterator[Components]:
    """The parts that a recipe names; closed at the end. `model` makes another language model than the recipe's; `tasks` stand
    in the place of those that it names, where they were made in Python.

    Raises:
        ConfigurationError: the recipe names something that is not there.
        SandboxUnavailable: a required protection is not enforced here.
    """
    spec = spec.checked()
    with ExitStack() as stack:
        source, *others = origin.tasks if origin else spec.tasks
        task, *further = tasks = tuple(tasks) or loaded([source, *others])
        commands = any(isinstance(each, CommandTask) for each in tasks)
        workspaces = stack.enter_context(closing(workspaces_for(spec))) if commands else None
        secret = origin.secret if origin else run_secret(machine_key(key_file(environ)), spec.seed)
        meter, made = _metered(spec, environ) if model is None else (None, model())
        asked = stack.enter_context(closing(Recorded(made)))
        sandbox = stack.enter_context(closing(jail(spec)))
        yield Components(spec, task, asked, sandbox, secret, meter, source, workspaces, tuple(further), tuple(others))


def loaded(sources: Sequence[str]) -> tuple[AnyTask, ...]:
    """The tasks of these names, each by its name or its file.

    Raises:
        ConfigurationError: one does not exist, or two have the same name.
    """
    found = [load_any(source) for source in sources]
    for number, task in enumerate(found):
        if task.name in [each.name for each in found[:number]]:
            raise ConfigurationError(f"the task {task.name} is named twice")
    return tuple(found)


def _metered(spec: RunSpec, environ: Mapping[str, str]) -> tuple[Metered, LanguageModel]:
    """Where the recipe's model is paid for, and the model to ask: the same.

    Raises:
        ConfigurationError: there is no such model, or no price for it where money is limited.
    """
    settings = settings_of(spec)
    made = make_language_model(spec.model, base_url=spec.base_url, seed=spec.seed, environ=environ, defaults=settings)
    try:
        known = tariffs(spec.model, replace(settings, url=spec.base_url), environ)
        if spec.max_cost is not None:
            check_cost_limit(known)
    except BaseException:
        made.close()
        raise
    meter = Metered(made, known, strict=spec.strict_budget)
    return meter, meter


def settings_of(spec: RunSpec) -> ModelSettings:
    """How the recipe has models asked, where their specifications say nothing else."""
    return ModelSettings() if spec.give_up_after is None else ModelSettings(give_up_after=spec.give_up_after)


def jail(spec: RunSpec) -> JailedSandbox:
    """The sandbox of a recipe.

    Raises:
        SandboxUnavailable: a required protection is not enforced here.
    """
    require = DEFAULT_REQUIRE if spec.require is None else frozenset(spec.require)
    return JailedSandbox(solution_slots=spec.jobs, improver_slots=improvers_at_once(spec) + 1, require=require)


def workspaces_for(spec: RunSpec) -> Workspaces:
    """Where the commands of a recipe's task run.

    Raises:
        SandboxUnavailable: a required protection is not enforced here.
    """
    # A measurement in turns with the original needs two.
    return JailedWorkspaces(slots=max(spec.jobs, 2), require=spec.require)


def editing_of(spec: RunSpec, language_model: LanguageModel) -> Editing:
    """How the recipe's model may answer. The offline proposer writes whole programs; a stand-in is told nothing unasked."""
    if language_model.name.startswith("offline"):
        return Editing("rewrite")
    return Editing(spec.edits, tells=language_model.is_language_model or spec.edits != "auto")


def improvers_at_once(spec: RunSpec) -> int:
    """How many downstream improvements run at once: at least the copies of one evaluation, and enough to keep cores busy."""
    return max(spec.downstream, 2 * spec.jobs)
