"""The components of a run (tasks, model, jail), and a context that wires them to one recorder and one budget."""

from __future__ import annotations

import json
import platform
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib.metadata import version
from typing import Any

import numpy as np

from strop.analysis.audit import RULES_VERSION
from strop.analysis.audit.notes import notes_on
from strop.base.as_document import as_document
from strop.base.budget import HELD_OUT, LM_CALLS, Budget, Movement
from strop.base.errors import ConfigurationError, TaskError
from strop.base.events import (
    AuditNoted,
    BudgetMoved,
    Evaluated,
    Event,
    ImproveStarted,
    Recorder,
    RunResumed,
    RunStarted,
)
from strop.base.randomness import derive
from strop.base.solution import digest_of
from strop.checks.before_run import refuse_rewarding
from strop.core.completed_work import NOTHING, CompletedWork
from strop.core.edits import Editing
from strop.core.extraction import ResponseReader
from strop.core.handles import Grant, Host
from strop.core.meta_utility import Downstream, MetaUtility
from strop.core.selection import Gate, make_selection
from strop.core.selection.comparison import Selection
from strop.core.utility import TaskUtility, seed_runs
from strop.evaluation.base import Evaluator, Order
from strop.evaluation.pool import CommandPool
from strop.lm.base import LanguageModel
from strop.lm.known_answers import KnownAnswers
from strop.lm.metering import Metered
from strop.lm.options import ModelSettings
from strop.lm.prices import check_cost_limit, tariffs
from strop.lm.registry import make as make_language_model
from strop.runs.evaluators import commands_for, evaluator_for, improvers_at_once, jail
from strop.runs.resume import ResumeState
from strop.runs.spec import RunSpec, run_secret
from strop.sandbox.jail import JailedSandbox
from strop.sandbox.posture import Posture
from strop.store.key import key_file, machine_key
from strop.tasks.base import PublishedSeeds, SecretSeeds, Seeds, Split
from strop.tasks.command.task import AnyTask, CommandTask
from strop.tasks.paper.self_improvement.task import self_improvement
from strop.tasks.registry import load_any


class Auditor:
    """Records what the static rules find in improvers that start and in candidates that were evaluated, then the event."""

    def __init__(self, record: Recorder) -> None:
        self._record = record
        self._lock = threading.Lock()
        self._audited: set[str] = set()

    def __call__(self, event: Event) -> None:
        match event:
            case ImproveStarted(improver=str(program)) | Evaluated(solution=str(program)) if self._is_new(program):
                for note in notes_on(program, event.scope):
                    self._record(note)
            case _:
                pass
        self._record(event)

    def audited(self, program: str, notes: Sequence[AuditNoted]) -> None:
        """Record the notes that a worker made on a program, unless the program was audited before."""
        if self._is_new(program):
            for note in notes:
                self._record(note)

    def _is_new(self, program: str) -> bool:
        digest = digest_of(program)
        with self._lock:
            is_new = digest not in self._audited
            self._audited.add(digest)
        return is_new


@dataclass(frozen=True)
class Components:
    """The components of a run. The caller must close them."""

    spec: RunSpec
    task: AnyTask
    language_model: KnownAnswers
    sandbox: JailedSandbox
    secret: bytes
    meter: Metered | None = None
    """Charges the model behind `language_model`; None: nothing is charged."""
    sources: tuple[str, ...] = ("",)
    """The name or file that each task was loaded from."""
    evaluator: Evaluator | None = None
    """Carries out the evaluations of tasks without commands, and on a cluster of all tasks."""
    commands: CommandPool | None = None
    """Carries out those of command tasks on this machine; None if there is none."""
    reader: ResponseReader | None = None
    """Reads the responses of the model."""
    further: tuple[AnyTask, ...] = ()
    """Tasks beside `task`, for training on several."""
    past: CompletedWork = NOTHING
    """What a new run that repeats another one knows of it."""

    @property
    def tasks(self) -> tuple[AnyTask, ...]:
        """Every task, `task` first."""
        return (self.task, *self.further)

    @property
    def posture(self) -> Posture:
        """What was observed of the jail of the task's programs."""
        is_command = self.commands is not None and isinstance(self.task, CommandTask)
        return self.commands.worker.workspaces.posture if is_command else self.sandbox.posture  # type: ignore[union-attr]


@dataclass(frozen=True)
class RunOrigin:
    """What a recorded run is made from again, independent of this machine's key and folders."""

    secret: bytes
    tasks: tuple[str, ...]
    """Of each task the name of a built-in one, or the file in the record."""


class RunContext:
    """The components of a run with one recorder, which audits every program, and one budget."""

    def __init__(
        self, parts: Components, record: Recorder, run: Budget | None = None, recalled: ResumeState | None = None
    ) -> None:
        """`run` pays for everything; without it, a new budget whose movements are recorded. `recalled`: what a record holds."""
        self.parts = parts
        self._recalled = recalled
        self.record = record = record if isinstance(record, Auditor) else Auditor(record)
        if run is None:
            run = Budget(parts.spec.limits(), on_movement=self._moved)
            if parts.meter is not None:
                parts.meter.spend_in(run)
            if recalled:
                run.recall(recalled.past.granted, frozenset({LM_CALLS}))
                for counter, amount in recalled.money.items():
                    run.restore(counter, amount)
            else:
                run.recall(parts.past.granted)
        self.run = run
        past = recalled.past if recalled else parts.past
        editing = editing_of(parts.spec, parts.language_model)
        services = parts.sandbox, parts.language_model, record, parts.secret
        self.host = Host(*services, past=past, editing=editing, reader=parts.reader)
        # All tasks of a record share them.
        self._slots = threading.Semaphore(improvers_at_once(parts.spec))
        if parts.commands is not None:
            # The tasks of `parts` may be on the trees that the record keeps, which the user's edits do not change.
            on_trees = [task for task in parts.tasks if isinstance(task, CommandTask)]
            parts.commands.worker.recall(on_trees, past.evaluations.values(), self._measured)

    def of(self, task: AnyTask, at: Budget) -> RunContext:
        """The context of one task, spending from `at`, whose path must be unique: randomness derives from it."""
        parts = replace(self.parts, task=task, further=())
        other = RunContext(parts, self.record, at, self._recalled)
        other._slots = self._slots
        return other

    def utility(self, split: Split, *, strict: bool = False, decides: bool = False) -> TaskUtility:
        """The task's utility on a split.

        `strict`: for the task's own seed, whose failure breaks the task. `decides`: as in `Order`.
        """
        published = self.parts.spec.instances == "published"
        seeds: Seeds = PublishedSeeds() if published else SecretSeeds(self.parts.secret)
        return self._utility(split, seeds, strict, decides)

    def held_out(self, instances: int = 0) -> TaskUtility:
        """The task's utility on so many sealed instances, each in a process of its own; 0: as many as the task says."""
        return replace(self.utility("test", decides=True), instances=instances)

    def fresh_utility(self, name: str, split: Split = "gate") -> TaskUtility:
        """The task's utility on as many instances as a split has, drawn for `name` alone and never published."""
        return self._utility(split, SecretSeeds(derive(self.parts.secret, "fresh", name).to_bytes(32)), False)

    def _utility(self, split: Split, seeds: Seeds, strict: bool, decides: bool = False) -> TaskUtility:
        parts, record = self.parts, self.record
        here = isinstance(parts.task, CommandTask) and not parts.spec.on_cluster
        evaluator = parts.commands if here else parts.evaluator
        return TaskUtility(
            parts.task,
            split,
            seeds,
            parts.sandbox,
            record,
            parts.secret,
            strict,
            self.host.past,
            evaluator,
            record.audited,
            decides=decides,
        )

    def selection(self) -> Selection:
        """The selection of the spec."""
        spec = self.parts.spec
        gate = Gate(spec.gate_error, max(spec.iterations, 1), spec.gate_pairs)
        return make_selection(spec.selection, gate, random.Random(derive(self.parts.secret, "selection")))

    def check_seed(self) -> None:
        """Score the seed solution of each task once, before anything is spent on improving it.

        Raises:
            TaskError: a seed solution does not run, or its answers cannot be scored. It may be useless, and slow if the task
                says so.
        """
        task, at = self.parts.task, self.run.child("seed")
        evaluation = self.utility("train", strict=True).evaluate(task.seed, at)
        if not seed_runs(evaluation, task):
            reason = evaluation.error.split("\n")[0]
            raise TaskError(f"task {task.name}: its seed solution does not run: {reason}")
        for other in self.parts.further:
            self.of(other, at.child(other.name)).check_seed()

    def meta_utility(self, pairs: Split = "gate") -> MetaUtility:
        """û over |D| copies: equally many of each task, task by task. `pairs`: the split that scores those of a comparison."""
        spec = self.parts.spec
        contexts = [self] + [self.of(task, self.run) for task in self.parts.further]
        return MetaUtility(
            downstream=[
                downstream for context in contexts for downstream in [context._downstream(pairs)] * spec.copies
            ],
            description=meta_description(spec),
            grant=Grant(spec.utility_budget, spec.lm_budget, spec.max_responses),
            host=self.host,
            slots=self._slots,
            reports=spec.meta_utility == "full",
        )

    def _downstream(self, pairs: Split) -> Downstream:
        fresh = partial(self.fresh_utility, split=pairs)
        of_copy = partial(self.fresh_utility, split="train") if self.parts.spec.meta_utility == "full" else None
        return Downstream(self.utility("train"), self.utility("test"), self.parts.task.seed, fresh, of_copy)

    def _measured(self, order: Order, number: int, count: int) -> None:
        """A measurement for a verdict begins."""
        self._moved(Movement(f"{order.scope}/instances", HELD_OUT, 1, True, number, count))

    def _moved(self, movement: Movement) -> None:
        values = {name: value for name, value in vars(movement).items() if name != "path"}
        self.record(BudgetMoved(scope=movement.path, **values))


def meta_description(spec: RunSpec) -> str:
    """u_str of the meta-utility, grey-box (§3), with the budgets of this run."""
    return self_improvement().u_str(asdict(spec) | {"copies": spec.downstream})


def first_event(
    spec: RunSpec, language_model: LanguageModel, posture: Posture, recalled: ResumeState | None = None, kept: str = ""
) -> RunStarted | RunResumed:
    """The first event of a session: its configuration and environment. `recalled`: the content of the record it continues;
    `kept`: the digest of the files that the record keeps."""
    environment = {
        "strop": version("strop"),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "audit": RULES_VERSION,
        "platform": platform.platform(),
        "language_model": language_model.name,
        "is_language_model": language_model.is_language_model,
    }
    values: dict[str, Any] = {
        "spec": json.loads(spec.to_json()),
        "environment": environment,
        "posture": as_document(posture),
    }
    if recalled is None:
        return RunStarted(scope="", **values, kept=kept)
    return RunResumed(scope="", **values, events=recalled.events, seconds=recalled.seconds)


@contextmanager
def assembled(
    spec: RunSpec,
    environ: Mapping[str, str],
    origin: RunOrigin | None = None,
    model: Callable[[], LanguageModel] | None = None,
    tasks: Sequence[AnyTask] = (),
    begin: Callable[[], AbstractContextManager[Callable[[str], None]]] = lambda: nullcontext(lambda step: None),
) -> Iterator[Components]:
    """The components that a spec names, closed at the end. `model` and `tasks`, made in Python, replace those of the spec.

    `begin` is entered when the model and its limits are checked, before anything runs; it shows the steps up to the run.

    Raises:
        ConfigurationError: the spec names something that does not exist, or a scorer of a new run rewards spoiled answers.
        SandboxUnavailable: a required protection is not enforced on this machine.
    """
    spec = spec.checked()
    with ExitStack() as stack, ExitStack() as steps:
        # What can be refused at once comes first.
        sources = origin.tasks if origin else spec.tasks
        task, *further = tasks = tuple(tasks) or loaded(sources, trusted=origin is not None)
        meter = metered(spec, environ) if model is None else None
        language_model = stack.enter_context(closing(KnownAnswers(meter if model is None else model())))  # type: ignore[arg-type]
        say = steps.enter_context(begin())
        with_commands = [one for one in tasks if isinstance(one, CommandTask)]
        commands = stack.enter_context(closing(commands_for(spec, with_commands))) if with_commands else None
        secret = origin.secret if origin else run_secret(machine_key(key_file(environ)), spec.seed)
        sandbox = stack.enter_context(closing(jail(spec)))
        if origin is None and not spec.trust_scorer:
            refuse_rewarding(tasks, sandbox, secret, commands, notify=say)
        steps.close()
        evaluator = stack.enter_context(closing(evaluator_for(spec, tasks, sandbox)))
        reader = stack.enter_context(closing(ResponseReader(sandbox, keep=True)))
        services = evaluator, commands, reader
        yield Components(spec, task, language_model, sandbox, secret, meter, sources, *services, tuple(further))


def loaded(sources: Sequence[str], *, trusted: bool = False) -> tuple[AnyTask, ...]:
    """The tasks with these names or in these files. `trusted`: they are the files of a record that was made here.

    Raises:
        ConfigurationError: one does not exist, or two have the same name.
    """
    tasks = tuple(load_any(source, trusted=trusted) for source in sources)
    for name, count in Counter(task.name for task in tasks).items():
        if count > 1:
            raise ConfigurationError(f"the task {name} is given twice")
    return tasks


def metered(spec: RunSpec, environ: Mapping[str, str]) -> Metered:
    """The model of a spec, with its price.

    Raises:
        ConfigurationError: the model does not exist, or has no known price although money is limited.
    """
    settings = settings_of(spec)
    model = make_language_model(spec.model, base_url=spec.base_url, seed=spec.seed, environ=environ, defaults=settings)
    try:
        prices = tariffs(spec.model, replace(settings, url=spec.base_url), environ)
        if spec.max_cost is not None:
            check_cost_limit(prices)
    except BaseException:
        model.close()
        raise
    return Metered(model, prices)


def settings_of(spec: RunSpec) -> ModelSettings:
    """The settings of a spec, which specifications of models may override. No model is waited for longer than the run takes."""
    patience = ModelSettings().give_up_after if spec.give_up_after is None else spec.give_up_after
    return ModelSettings(give_up_after=patience if spec.max_time is None else min(patience, spec.max_time))


def editing_of(spec: RunSpec, language_model: LanguageModel) -> Editing:
    """How the model may respond. `offline` writes whole programs; stand-ins get instructions only on request."""
    if language_model.name.startswith("offline"):
        return Editing("rewrite")
    return Editing(spec.edits, tells=language_model.is_language_model or spec.edits != "auto")
