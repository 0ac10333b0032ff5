"""Where `strop check` and the test before a run score answers: in the host, which watches what the scorer does meanwhile.

The original runs in the jail, as in a run; its answers are then spoiled here. A scorer should compute and do nothing else:
Python's audit events (PEP 578) show what else it does. They are telemetry, not a defence.
"""

from __future__ import annotations

import contextlib
import copy
import io
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from types import CodeType
from typing import Any

import numpy as np

from strop.base.errors import Malformed, ScorerFailed, TaskError, UtilityOutOfBounds
from strop.base.results import Evaluation
from strop.checks.draws import canonical
from strop.checks.relay import NO_ANSWERS, PERFECT, WORTHLESS
from strop.checks.spoiling import MARK, SPOILERS, spoil, telling
from strop.evaluation.base import Order
from strop.evaluation.instances import DrawnInstances
from strop.evaluation.measure import measure
from strop.sandbox.base import Outcome, Returned, Sandbox
from strop.sandbox.wire import decode, encode_parts
from strop.tasks.base import Instance, SecretSeeds, Task
from strop.tasks.form import AnswerForm
from strop.tasks.function.task import FunctionTask
from strop.tasks.numbers import rebuilt

LEAST_INSTANCES, MOST_INSTANCES = 8, 20
"""How many instances spoiled answers are scored on."""
_OUTWARD = re.compile(
    r"subprocess\.Popen|os\.(system|exec|fork|forkpty|posix_spawn|remove|rename|mkdir|rmdir|truncate|chmod)"
    r"|socket\.(connect|getaddrinfo)|shutil\.(copyfile|rmtree)"
)
"""Audit events of acts that reach beyond the process."""
_CODE = (".py", ".pyc", ".so", ".pyd", ".pth", ".typed")
_NO_FILES = (sys.prefix, sys.base_prefix, "/proc/", "/dev/", "/sys/")
_watch = threading.local()


@dataclass
class ScorerActs:
    """What the scorer did while it computed scores."""

    acts: list[str] = field(default_factory=list)
    """Files opened, processes started, connections, in order."""
    executed: bool = False
    """Whether the code in an answer was executed."""

    def record(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take in an audit event."""
        if event == "open" and isinstance(arguments[0], (str, bytes)):
            name, mode, flags = arguments
            name = name.decode(errors="replace") if isinstance(name, bytes) else name
            if not name.endswith(_CODE) and not name.startswith(_NO_FILES):
                writes = bool(set("wax+") & set(mode or "")) or (not mode and isinstance(flags, int) and flags & 0b11)
                self.acts.append(f"{'writes' if writes else 'reads'} {name}")
        elif event == "exec":
            self.executed |= isinstance(arguments[0], CodeType) and any(MARK in word for word in _words(arguments[0]))
        elif _OUTWARD.fullmatch(event):
            self.acts.append(f"{event} {arguments[0]!r:.80}")


def _words(code: CodeType) -> Iterator[str]:
    for constant in code.co_consts:
        yield from (
            [constant] if isinstance(constant, str) else _words(constant) if isinstance(constant, CodeType) else []
        )


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if (acts := getattr(_watch, "acts", None)) is not None:
        acts.record(event, arguments)


@cache
def _install_hook() -> None:
    sys.addaudithook(_hook)  # it cannot be removed; it does nothing while no thread is watched


@contextmanager
def _watched(acts: ScorerActs) -> Iterator[None]:
    """Record in `acts` what this thread does, without numpy's warnings."""
    _install_hook()
    _watch.acts = acts
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        _watch.acts = None


@dataclass(frozen=True)
class Trial:
    """Answers to the first instances, scored."""

    answers: tuple[Any, ...]
    scores: tuple[float, ...]
    """Of each; 0 where it was refused, and everywhere if that makes the whole utility 0."""
    accepted: bool
    """Whether all were scored."""
    broke: tuple[str, str] = ("", "")
    """(id of the finding, what happened) if that broke the task."""
    choked: str = ""
    """An error of the scorer other than Malformed; the answer was refused."""

    @property
    def is_perfect(self) -> bool:
        return self.accepted and min(self.scores) >= PERFECT


@dataclass(frozen=True)
class Bench:
    """A task whose answers are scored here."""

    task: Task
    sandbox: Sandbox
    secret: bytes
    drawn: DrawnInstances
    """The training instances."""
    acts: ScorerActs = field(default_factory=ScorerActs)

    @property
    def count(self) -> int:
        """How many instances answers are scored on."""
        if self.task.problem is not None or (isinstance(self.task, FunctionTask) and self.task.cases):
            return self.task.count("train")
        return max(LEAST_INSTANCES, min(MOST_INSTANCES, self.task.instances))

    def instance(self, index: int) -> Instance:
        """A training instance, drawn anew."""
        return self.task.instance("train", index, SecretSeeds(self.secret))

    def run(self, scope: str) -> tuple[Evaluation | TaskError, list[Outcome]]:
        """Evaluate the original on the training split as a run does. Equal scopes give it equal random numbers."""
        task = replace(self.task, instances=max(self.task.instances, self.count))
        order = Order(scope, task.seed, task.name, "train", SecretSeeds(self.secret), self.secret)

        outcomes: list[Outcome] = []
        with np.errstate(all="ignore"):
            measured = measure(task, order, self.drawn, self.sandbox, outcomes.append)
        try:
            return measured.result(), outcomes
        except TaskError as error:
            return error, outcomes

    def answers(self, outcomes: Sequence[Outcome]) -> list[Any] | None:
        """The original's answers to the first instances; None if one is missing."""
        values = [rebuilt(outcome.value) for outcome in outcomes[: self.count] if isinstance(outcome, Returned)]
        return values if len(values) == self.count else None

    def score(self, instance: Instance, answer: Any) -> float:
        """Score one answer; all scores of this room but those of `run` come from here. Raises what `Task.checked_score` does."""
        with _watched(self.acts):
            return self.task.checked_score(instance, copy.deepcopy(answer))

    def scored(self, answers: Sequence[Any]) -> Trial:
        """Score answers to the first instances."""
        scores, choked, answers = list[float](), "", tuple(answers)
        for index, answer in enumerate(answers):
            try:
                scores.append(self.score(self.drawn[index][0], answer))
            except (Malformed, ScorerFailed) as error:
                choked = choked or (str(error) if isinstance(error, ScorerFailed) else "")
                if self.task.failure == "utility":
                    return Trial(answers, (0.0,) * len(answers), False, choked=choked)
                scores.append(-1.0)
            except TaskError as error:
                found = "C201" if isinstance(error, UtilityOutOfBounds) else "C202"
                return Trial(answers, (0.0,) * len(answers), False, (found, str(error)))
        return Trial(answers, tuple(max(score, 0.0) for score in scores), min(scores) >= 0, choked=choked)


def bench_of(task: Task, sandbox: Sandbox, secret: bytes) -> Bench:
    """A bench for a task. Raises TaskError if it has no description."""
    _ = task.u_str
    return Bench(task, sandbox, secret, DrawnInstances(task, "train", SecretSeeds(secret)))


@dataclass(frozen=True)
class HostRelay:
    """The answers of a task's original on their way to its `score`, in this process."""

    bench: Bench
    base: Trial
    """The honest answers."""
    unacceptable: Sequence[str] = NO_ANSWERS

    @property
    def is_perfect(self) -> bool:
        return self.base.is_perfect

    @cached_property
    def form(self) -> AnswerForm:
        """Of the honest answers."""
        form = AnswerForm()
        for answer in self.base.answers:
            form.see(answer)
        return form

    @property
    def executed(self) -> bool:
        return self.bench.acts.executed

    def ways(self) -> Sequence[tuple[str, Any]]:
        """What is telling; where the task declares its answer, what it accepts is an answer, but for parts of one and code."""
        declared = self.bench.task.answer is not None
        return [
            way
            for way in telling()
            if SPOILERS[way[0]].kind != "absent" and (not declared or way[0] in ("cut", "part", "written_code"))
        ]

    def scored(self, name: str, variant: Any) -> Sequence[float] | None:
        trial = self.trial(name, variant) if name else self.judged(self.base.answers)
        return trial.scores if trial is not None and trial.accepted else None

    def trial(self, name: str, variant: Any) -> Trial | None:
        """All answers spoiled in one way, and scored; None if that changes none."""
        answers, honest = [], self.base.answers
        for index, answer in enumerate(honest):
            inputs, others = list(self.bench.drawn[index][0].inputs.values()), [*honest[:index], *honest[index + 1 :]]
            try:
                spoiled = encode_parts(spoil(name, variant, answer, inputs, others))
                answers.append(rebuilt(decode(*spoiled)))  # as from a guest
            except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError):
                answers.append(answer)
        if all(canonical(made) == canonical(answer) for made, answer in zip(answers, honest, strict=True)):
            return None
        with contextlib.redirect_stderr(io.StringIO()) if name == "written_code" else contextlib.nullcontext():
            return self.judged(answers)

    def judged(self, answers: Sequence[Any]) -> Trial:
        """Answers, scored as a candidate's; one in another form than the honest ones, too, which the task could declare."""
        return self.bench.scored([self._in_form(answer) for answer in answers])

    def _in_form(self, answer: Any) -> Any:
        try:
            return answer if self.bench.task.answer is not None else self.form.taken(answer)
        except Malformed:
            return answer


@dataclass(frozen=True)
class AcceptRelay(HostRelay):
    """The answers of a function that is scored by time on their way to its `accept`."""

    unacceptable: Sequence[str] = WORTHLESS

    @property
    def is_perfect(self) -> bool:
        return True

    def judged(self, answers: Sequence[Any]) -> Trial:
        """Answers, which are perfect if all are accepted."""
        task = self.bench.task
        assert isinstance(task, FunctionTask)
        try:
            accepted = not any(
                task.objection(self.bench.drawn[index][0], answer, honest, own=False)
                for index, (answer, honest) in enumerate(zip(answers, self.base.answers, strict=True))
            )
        except (Malformed, ScorerFailed):
            accepted = False
        return Trial(tuple(answers), (float(accepted),) * len(answers), accepted)


def host_relay_of(task: Task, sandbox: Sandbox, secret: bytes) -> HostRelay | None:
    """Where answers of a task's original are scored, or accepted; None if they are only compared, or the original fails.

    Raises:
        TaskError: the task is broken.
    """
    by_time = isinstance(task, FunctionTask) and task.by_time
    if isinstance(task, FunctionTask) and by_time:
        if task.accept is None:
            return None
        task = replace(task, by_time=False, score=lambda instance, answer: 0.5)  # its answers, whatever they cost
    bench = bench_of(task, sandbox, secret)
    answers = bench.answers(bench.run("check/relay")[1])
    base = bench.scored(answers) if answers else None
    if base is None or not base.accepted:
        return None
    return (AcceptRelay if by_time else HostRelay)(bench, base)
