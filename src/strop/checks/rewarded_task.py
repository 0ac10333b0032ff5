"""Whether the scorer of a `strop.Task` rewards spoiled answers, tried once, before anything is paid for.

The answers of the task's seed are spoiled in the host and scored, on the bench of `strop check`
(docs/design/0106-evaluators-that-reward-spoiled-answers.md).
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from strop.analysis.stats import mean
from strop.base.console import notify
from strop.base.errors import TaskError
from strop.base.results import Evaluation, Verdict, added
from strop.base.terminal_text import escape
from strop.checks.answer_parts import each, is_number, leaves, require, spoiled
from strop.checks.attack import Attack, attacks
from strop.checks.bench import MARKER, AttackTrial, Bench, bench_of
from strop.checks.rewarded import EXECUTES, SECONDS, TELLING, uncapitalized
from strop.checks.spoilers import SPOILERS
from strop.checks.verdicts import Base, JudgingRules, beats, judge, variant_in_words
from strop.evaluation.commands.apart import REWARDED
from strop.sandbox.base import Returned, Sandbox, Value
from strop.sandbox.wire import decode, encode_parts
from strop.tasks.base import Task
from strop.tasks.function.task import FunctionTask

CODE = f"({MARKER} := 1)"
_ALSO = (
    *("nothing", "emptied", "nan", "number_words", "column_or_row", "nested", "other_types", "negative_indices"),
    "everything",
)
"""Other spoilers whose answers no honest program gives: not of the form asked for, the same data in another form, and a text of
all that is known."""


class TaskTrial:
    """Finds out at the first evaluation why a better score of a task would prove nothing, and keeps it. Thread-safe."""

    def __init__(self, task: Task, sandbox: Sandbox | None, secret: bytes, known: str | None = None) -> None:
        """`known`: what a record has of it; then nothing is tried."""
        self._task, self._sandbox, self._secret = task, sandbox, secret
        self._lock = threading.Lock()
        self._reason = known

    def __call__(self, measured: Evaluation) -> str:
        """The reason; empty if nothing shows that. `measured`: an evaluation of the task, whose time decides whether to try."""
        with self._lock:
            if self._reason is None:
                self._reason = self._found(measured)
                if self._reason:
                    notify(escape(f"{self._reason}: no program is called better", 400))
            return self._reason

    def _found(self, measured: Evaluation) -> str:
        task = self._task
        if self._sandbox is None or (isinstance(task, FunctionTask) and task.by_time):
            return ""
        if measured.wall_seconds > SECONDS:
            notify(
                f"an evaluation takes {measured.wall_seconds:.0f} s: strop check tries whether spoiled answers are rewarded"
            )
            return ""
        try:
            return _rewards(bench_of(task, self._sandbox, self._secret), time.monotonic() + SECONDS)
        except TaskError:  # the task is broken, as its own evaluation says
            return ""


def _rewards(bench: Bench, end: float) -> str:
    """Which spoiled answer has a better score than the seed's, in words; empty if none has."""
    honest = _honest(bench, end)
    if honest is None:
        return ""
    known = {attack.name: attack for attack in attacks("sampled")}
    answers = _SpoiledAnswers(bench, honest)
    for name, variant in _telling():
        if time.monotonic() > end:
            break
        trial = answers.trial(name, variant)
        if bench.acts.executed:
            return EXECUTES
        if trial is not None and answers.pays(known[name], variant, trial):
            return f"{REWARDED}: {_in_words(known[name], variant)} {_beside(trial, honest)}"
    return ""


def _honest(bench: Bench, end: float) -> Base | None:
    """The seed's answers; None if one is not scored, or to draw the instances takes too long."""
    task = bench.attacked
    for index in range(task.count("train")):
        bench.drawn[index]
        if time.monotonic() > end:
            return None
    trial = bench.evaluate(task, task.seed, "check/rewarded")
    if trial.accepted != tuple(range(task.count("train"))):
        return None
    return Base("the seed", tuple(trial.answer(index) for index in trial.accepted), trial.scores)


def _telling() -> Iterator[tuple[str, Any]]:
    """(attack, variant) to try, the most telling first."""
    yield from (("code", variant) for variant in ("alone", "everywhere"))
    rows = [[(name, variant) for variant in variants] for name, variants in TELLING.items() if name != "written_code"]
    for row in zip_longest(*rows):
        yield from (each for each in row if each is not None)
    yield from ((name, variant) for name in _ALSO for variant in SPOILERS[name].variants)


@dataclass(frozen=True)
class _SpoiledAnswers:
    """Scores spoiled answers in this process, as if a program had returned them."""

    bench: Bench
    honest: Base

    def trial(self, name: str, variant: Any) -> AttackTrial | None:
        """The evaluation of answers that are all spoiled in one way, or of the honest ones without a `name`; None if they cannot
        be spoiled so, or one is not scored."""
        scores, verdicts, answers = list[float](), list[Verdict](), list[Value]()
        for index in range(len(self.honest.answers)):
            instance = self.bench.drawn[index][0]
            try:
                answers.append(self._spoiled(list(instance.inputs.values()), index, name, variant))
                scores.append(self.bench.task.checked_score(instance, copy.deepcopy(answers[-1])))
                verdicts.append("ok")
            except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError, TaskError, RuntimeError):
                return None  # not applicable, not plain data, or malformed
        evaluation = Evaluation(added(scores) / len(scores), "ok", tuple(scores), tuple(verdicts))
        return AttackTrial(evaluation, tuple(map(Returned, answers)))

    def pays(self, attack: Attack, variant: Any, trial: AttackTrial) -> bool:
        """Whether they are worth more than the honest ones, twice, and strop check calls the scorer broken for it."""
        honest, again = self.trial("", None), self.trial(attack.name, variant)
        if honest is None or again is None:
            return False
        rules = JudgingRules(self.honest, self.bench.task.answer is not None, deterministic=False)
        bases = self.honest.scores, honest.scores
        is_better = all(
            beats(one.scores, base) or min(one.scores) > max(base) for one in (trial, again) for base in bases
        )
        return is_better and judge(attack, variant, trial, rules).verdict == "broken"

    def _spoiled(self, inputs: list[Any], index: int, name: str, variant: Any) -> Value:
        """One answer, as the host would read it from a guest. Raises ValueError if it cannot be spoiled so, or read."""
        value = copy.deepcopy(self.honest.answers[index])
        if not name:
            return value
        if name == "code":
            return CODE if variant == "alone" else each(value, lambda leaf: CODE)
        whole = [leaf for leaf in leaves(value) if is_number(leaf) and not isinstance(leaf, float)]
        require(name != "huge_numbers" or not whole)  # a scorer may count up to a whole number
        require(name != "everything" or isinstance(value, str))  # all elements of a list may be right
        made = spoiled(name, variant, value, inputs, list(self.honest.answers))
        return decode(*encode_parts(made))


def _in_words(attack: Attack, variant: Any) -> str:
    words = variant_in_words(variant)
    return uncapitalized(attack.title) + (f" ({words})" if words else "")


def _beside(trial: AttackTrial, honest: Base) -> str:
    return f"scores {mean(trial.scores):.3f}, where the original has {mean(honest.scores):.3f}"
