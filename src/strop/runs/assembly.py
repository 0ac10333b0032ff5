"""The components of a run (tasks, model, jail), and a context that wires them to one recorder and one budget."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import field, replace
from types import TracebackType
from typing import Any, Self

from strop.base.as_document import as_document
from strop.base.events import (
    RunResumed,
    RunStarted,
)
from strop.base.later import dataclass, np
from strop.base.protections import Posture
from strop.base.version import __version__
from strop.checks.before_run import refuse_rewarding
from strop.core.completed_work import NOTHING, CompletedWork
from strop.core.edits import Editing
from strop.core.extraction import ResponseReader
from strop.evaluation.baselines import WithBaselines
from strop.evaluation.machines import posture_of
from strop.lm.answer_cache import AnswerCache, NoModel
from strop.lm.base import LanguageModel
from strop.lm.metering import Metered
from strop.lm.options import ModelSettings
from strop.lm.prices import check_cost_limit, tariffs
from strop.lm.registry import make as make_language_model
from strop.runs.evaluators import evaluator_for, jail
from strop.runs.resume import ResumeState
from strop.runs.spec import RunSpec, run_secret
from strop.runs.texts import with_texts
from strop.sandbox.jail import JailedSandbox
from strop.store.key import key_file, machine_key
from strop.tasks.command.task import AnyTask


@dataclass(frozen=True)
class Components:
    """The components of a run. The caller must close them."""

    spec: RunSpec
    tasks: tuple[AnyTask, ...]
    """The tasks, on all of which a run trains; empty if nothing is scored."""
    language_model: AnswerCache
    sandbox: JailedSandbox
    """The sandbox of improvers. It is None, and never used, where programs are only scored."""
    secret: bytes
    meter: Metered | None = None
    """Charges the model behind `language_model`; None if nothing is charged."""
    posture: Posture = field(default_factory=lambda: Posture({}))
    """The protections that the jail of the task's programs was observed to enforce."""
    evaluator: WithBaselines | None = None
    """Carries out evaluations; None without a task."""
    reader: ResponseReader | None = None
    """Reads the responses of the model."""
    past: CompletedWork = NOTHING
    """The recorded acts of the run that a replay repeats; empty for any other run."""
    whole_runs_only: bool = False
    """Whether a limit leaves a run of Algorithm 1 unfinished instead of ending it early. A protocol reports whole runs only."""
    finish: bool = False
    """Whether the search of a resumed run ends now, without a request to the model."""
    of_jobs: bool = False
    """Whether other jobs do the work, within what the limits of the spec leave them."""

    @property
    def task(self) -> AnyTask:
        """The first task. Raises IndexError where there is none."""
        return self.tasks[0]


def first_event(
    spec: RunSpec,
    language_model: LanguageModel,
    posture: Posture,
    recalled: ResumeState | None = None,
    files_digest: str = "",
) -> RunStarted | RunResumed:
    """The first event of a session, with its configuration and environment.

    `recalled` is the content of the record that the session continues; None for a new run, whose task files have the digest
    `files_digest`.
    """
    environment = {
        "strop": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
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
        return RunStarted(scope="", **values, files_digest=files_digest)
    return RunResumed(scope="", **values, events=recalled.events, seconds=recalled.seconds)


class Observer:
    """Shows progress that no event records. A context manager; this one shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The work is over."""

    def step(self, line: str) -> None:
        """Show what is done now."""

    def say(self, line: str) -> None:
        """Show a line where lines stay."""


UNOBSERVED = Observer()


@contextmanager
def assembled(
    spec: RunSpec,
    tasks: Sequence[AnyTask],
    model: LanguageModel | None,
    observer: Observer,
    secret: bytes | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Iterator[Components]:
    """The components that a spec names, which are closed at the end. `model` replaces the one that the spec names.

    `observer` is entered once the model and its limits are checked, before anything runs. `secret` is that of a record whose work
    continues; None for new work, whose scorers are tested with spoiled answers unless the user trusts them.

    Raises:
        ConfigurationError: the spec names something that does not exist, or a scorer of a new run rewards spoiled answers.
        SandboxUnavailable: a required protection is not enforced on this machine.
    """
    tasks = with_texts(tasks, spec.given_texts)
    with ExitStack() as stack:
        # Errors that can be found at once are raised first.
        meter = metered(spec, environ) if model is None else None
        language_model = stack.enter_context(closing(AnswerCache(model or meter)))  # type: ignore[arg-type]
        stack.enter_context(observer)
        scores = isinstance(model, NoModel) and not model.name  # and improves nothing
        # Worker processes begin while this one goes on.
        evaluator = stack.enter_context(closing(evaluator_for(spec, tasks, asks=not scores))) if tasks else None
        sandbox = None if scores else stack.enter_context(closing(jail(spec)))
        is_new, secret = secret is None, secret or run_secret(machine_key(key_file(environ)), spec.seed)
        if evaluator and is_new and not spec.trust_scorer:
            refuse_rewarding(tasks, evaluator, secret, step=observer.step)
        reader = stack.enter_context(closing(ResponseReader(sandbox, keep=True))) if sandbox else None
        posture = sandbox.posture if sandbox else Posture({})
        if evaluator and (tasks[0].root is not None or tasks[0].mark is not None):
            posture = evaluator.here.run(posture_of)
        yield Components(spec, tasks, language_model, sandbox, secret, meter, posture, evaluator, reader)  # type: ignore[arg-type]


@contextmanager
def unassembled(
    spec: RunSpec,
    tasks: Sequence[AnyTask],
    model: LanguageModel | None,
    observer: Observer,
    secret: bytes | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Iterator[Components]:
    """What the record of work says that other jobs do: nothing runs, and no model answers. Arguments as for `assembled`.

    Raises:
        ConfigurationError: the model does not exist, or has no known price although money is limited.
    """
    with closing(model or metered(spec, environ)) as found:
        named = AnswerCache(NoModel(found.name, found.is_language_model))
    secret = secret or run_secret(machine_key(key_file(environ)), spec.seed)
    with observer:
        yield Components(spec, tuple(tasks), named, None, secret, of_jobs=True)  # type: ignore[arg-type]


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
    """The settings of a spec, which specifications of models may override. strop waits for no model longer than the run may
    take."""
    patience = ModelSettings().give_up_after if spec.give_up_after is None else spec.give_up_after
    return ModelSettings(give_up_after=patience if spec.max_time is None else min(patience, spec.max_time))


def editing_of(spec: RunSpec, language_model: LanguageModel) -> Editing:
    """How the model may respond. Stand-ins get instructions about edits only on request."""
    return Editing(spec.edits, tells=language_model.is_language_model or spec.edits != "auto")
