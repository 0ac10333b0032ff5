"""Evaluate programs on a task as a run does, in the real jail, keep their answers, and watch what the scorer does.

A scorer runs in the host, unconfined; it should compute and do nothing else. Python's audit events (PEP 578) show what else it
does. They are telemetry, not a defence: a scorer in C raises none, and files that an import opens are left out.
"""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np

from strop.analysis.audit.runtime import SCORER_CHOKED
from strop.base.errors import TaskError, UtilityOutOfBounds
from strop.base.results import Evaluation
from strop.evaluation.again import tell_of, undisturbed
from strop.evaluation.base import Order, OrderResult
from strop.evaluation.instances import DrawnInstances
from strop.evaluation.measure import measure_once
from strop.sandbox.base import Outcome, Returned, Sandbox, Value
from strop.tasks.base import Instance, SecretSeeds, Task
from strop.tasks.function.task import FunctionTask

LEAST_INSTANCES, MOST_INSTANCES = 8, 20
"""How many instances an attack is evaluated on."""
MARKER = "strop_check_marker"
"""A name in the code that an attack gives as its answer."""
_OUTWARD = re.compile(
    r"subprocess\.Popen|os\.(system|exec|fork|forkpty|posix_spawn|remove|rename|mkdir|rmdir|truncate|chmod)"
    r"|socket\.(connect|getaddrinfo)|shutil\.(copyfile|rmtree)"
)
"""Audit events of acts that reach beyond the process."""
_CODE = (".py", ".pyc", ".so", ".pyd", ".pth", ".typed")
_HOMES = tuple({sys.prefix, sys.base_prefix})
_watch = threading.local()
_installing = threading.Lock()


@dataclass
class ScorerActs:
    """What the scorer did while it computed scores."""

    read: list[str] = field(default_factory=list)
    """Files opened for reading, whether they exist or not, in order."""
    acts: list[str] = field(default_factory=list)
    """Files written, processes started, connections."""
    slowest: float = 0.0
    """Seconds of the longest call."""
    executed: bool = False
    """Whether the code of an answer was executed."""

    def record(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take in an audit event."""
        if event == "open":
            self._record_open(*arguments)
        elif event == "exec":
            self.executed |= isinstance(arguments[0], CodeType) and MARKER in _words(arguments[0])
        elif _OUTWARD.fullmatch(event):
            self.acts.append(f"{event} {arguments[0]!r:.80}")

    def _record_open(self, path: object, mode: str | None, flags: object) -> None:
        if not isinstance(path, (str, bytes)):
            return
        name = path.decode(errors="replace") if isinstance(path, bytes) else path
        if name.endswith(_CODE) or name.startswith(_HOMES) or Path(name).parent == Path("/dev"):
            return
        if any(letter in (mode or "") for letter in "wax+") or (isinstance(flags, int) and flags & 0b11 and not mode):
            self.acts.append(f"writes {name}")
        else:
            self.read.append(name)


def _words(code: CodeType) -> set[str]:
    """Names and texts of a code object, and of those inside it."""
    words = {*code.co_names, *(constant for constant in code.co_consts if isinstance(constant, str))}
    return words.union(*(_words(constant) for constant in code.co_consts if isinstance(constant, CodeType)))


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if (acts := getattr(_watch, "acts", None)) is not None:
        acts.record(event, arguments)


@cache
def _install_hook() -> None:
    sys.addaudithook(_hook)  # it cannot be removed; it does nothing while no thread is watched


@contextmanager
def watched(acts: ScorerActs) -> Iterator[None]:
    """Record in `acts` what this thread does."""
    with _installing:
        _install_hook()
    _watch.acts = acts
    try:
        yield
    finally:
        _watch.acts = None


@dataclass(frozen=True)
class AttackTrial:
    """The evaluation of one program."""

    evaluation: Evaluation | None
    """None if the task broke: `broke` says how."""
    outcomes: tuple[Outcome, ...]
    """One for each instance that was run."""
    broke: str = ""
    finding: str = ""
    """The id of the finding that `broke` is."""
    choked: tuple[str, ...] = ()
    """Errors of the scorer other than Malformed."""

    @property
    def scores(self) -> tuple[float, ...]:
        return self.evaluation.scores if self.evaluation else ()

    @property
    def accepted(self) -> tuple[int, ...]:
        """The instances whose answer was scored."""
        verdicts = self.evaluation.verdicts if self.evaluation else ()
        return tuple(index for index, verdict in enumerate(verdicts) if verdict == "ok")

    def answer(self, index: int) -> Value:
        """The answer to an instance; None if there is none."""
        outcome = self.outcomes[index]
        return outcome.value if isinstance(outcome, Returned) else None


class _AnyProgram(FunctionTask):
    """A function's task whose programs need not be patches of its module: attacks stand in the function's place alone."""

    def program(self, candidate: str) -> str:
        return candidate


@dataclass(frozen=True)
class Bench:
    """A task to evaluate programs on."""

    original: Task
    task: Task
    """The same, watched while it scores and called by one thread at a time: its functions may not be thread-safe."""
    sandbox: Sandbox
    secret: bytes
    acts: ScorerActs
    drawn: DrawnInstances
    """The training instances, for all evaluations."""

    @property
    def seeds(self) -> SecretSeeds:
        return SecretSeeds(self.secret)

    @property
    def attacked(self) -> Task:
        """The task with the number of instances that an attack is evaluated on; it takes any program."""
        task = replace(self.task, instances=max(LEAST_INSTANCES, min(MOST_INSTANCES, self.task.instances)))
        if isinstance(task, FunctionTask):
            return _AnyProgram(**{field.name: getattr(task, field.name) for field in fields(task)})
        return task

    def instance(self, index: int) -> Instance:
        """A fresh copy of a training instance."""
        return self.task.instance("train", index, self.seeds)

    def evaluate(self, task: Task, text: str, scope: str) -> AttackTrial:
        """Evaluate a program on the training split. Equal scopes give guests equal random numbers."""
        order = Order(scope, text, task.name, "train", self.seeds, self.secret)

        def attempt(believe: bool) -> tuple[OrderResult, list[Outcome]]:
            outcomes: list[Outcome] = []
            return measure_once(task, order, self.drawn, self.sandbox, believe, outcomes.append), outcomes

        (measured, outcomes), disturbance = undisturbed(attempt)
        tell_of(disturbance.killed)
        choked = tuple(note.detail for note in measured.notes if note.rule == SCORER_CHOKED)
        try:
            evaluation = measured.result()
        except TaskError as error:
            finding = "C005" if "cannot be sent" in str(error) else "C202"
            finding = "C201" if isinstance(error, UtilityOutOfBounds) else finding
            return AttackTrial(None, tuple(outcomes), str(error), finding, choked)
        return AttackTrial(evaluation, tuple(outcomes), choked=choked)


def bench_of(task: Task, sandbox: Sandbox, secret: bytes) -> Bench:
    """A bench for a task.

    Raises:
        TaskError: the task has no description.
    """
    acts, lock = ScorerActs(), threading.RLock()

    def alone(function: Callable[..., Any], acts: ScorerActs) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            with lock, watched(acts), np.errstate(all="ignore"):
                began = time.perf_counter()
                try:
                    return function(*arguments)
                finally:
                    acts.slowest = max(acts.slowest, time.perf_counter() - began)

        return call

    sample, score = alone(task.sample, ScorerActs()), alone(task.score, acts)
    watched_task = replace(task, sample=sample, score=score, description=task.told)
    drawn = DrawnInstances(watched_task, "train", SecretSeeds(secret))
    return Bench(task, watched_task, sandbox, secret, acts, drawn)
