"""The components of a run (tasks, model, jail), and a context that wires them to one recorder and one budget."""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from typing import Any

import numpy as np

from strop.analysis.audit import RULES_VERSION
from strop.base.as_document import as_document
from strop.base.errors import ConfigurationError
from strop.base.events import (
    RunResumed,
    RunStarted,
)
from strop.checks.before_run import refuse_rewarding
from strop.core.completed_work import NOTHING, CompletedWork
from strop.core.edits import Editing
from strop.core.extraction import ResponseReader
from strop.evaluation.base import Evaluator
from strop.evaluation.pool import CommandPool
from strop.lm.base import LanguageModel
from strop.lm.known_answers import KnownAnswers
from strop.lm.metering import Metered
from strop.lm.options import ModelSettings
from strop.lm.prices import check_cost_limit, tariffs
from strop.lm.registry import make as make_language_model
from strop.runs.evaluators import commands_for, evaluator_for, jail
from strop.runs.resume import ResumeState
from strop.runs.spec import RunSpec, run_secret
from strop.sandbox.jail import JailedSandbox
from strop.sandbox.posture import Posture
from strop.store.key import key_file, machine_key
from strop.tasks.command.task import AnyTask, CommandTask
from strop.tasks.paper.self_improvement.task import self_improvement
from strop.tasks.registry import load_any


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
    """How the model may respond. Stand-ins get instructions only on request."""
    return Editing(spec.edits, tells=language_model.is_language_model or spec.edits != "auto")
