"""A construction as a task: its utility, and what is kept of an answer (docs/design/0111-constructions.md)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from strop.base.errors import Malformed, SandboxError, ScorerFailed, TaskError
from strop.base.pluralize import plain
from strop.base.scorer_notes import note
from strop.tasks.base import Instance, Task, blame
from strop.tasks.form import AnswerForm
from strop.tasks.numbers import rebuilt
from strop.tasks.score_limit import ended


@dataclass(frozen=True)
class Published:
    """A published value of a problem."""

    value: Fraction
    """The exact value of the published construction where it can be had; else as printed, rounded in its last digit."""
    by: str
    """Who found it, e.g. `AlphaEvolve`."""
    date: str
    """When it was published: a year, or `2025-05`."""
    source: str
    """Where: the address of a page, a paper or a repository."""


@dataclass(frozen=True)
class ProblemFacts:
    """What reports need to know about a construction; part of the record."""

    name: str
    """Name of the problem."""
    better: Literal["higher", "lower"]
    """Whether higher or lower values are better."""
    best_known: float | None = None
    """The best published value; null if there is none."""
    by: str = ""
    """Who found it."""
    date: str = ""
    """When it was published."""
    source: str = ""
    """Where it was published."""
    signed: bool = False
    """Whether a utility stands for a difference to the best known value, so that values may be 0 or negative; else a ratio."""

    @property
    def scale(self) -> float:
        """The value whose utility is 0.5; if `signed`, the difference to it that moves the utility half of the way."""
        return abs(self.best_known or 1.0)

    def value_of(self, utility: float) -> float:
        """The value with a utility in (0, 1), to 15 digits."""
        if not 0 < utility < 1:
            return 0.0
        if self.signed:
            ahead = 1 - 0.5 / utility if utility < 0.5 else 0.5 / (1 - utility) - 1
            return (self.best_known or 0.0) + (self.scale * ahead if self.better == "higher" else -self.scale * ahead)
        ratio = utility / (1 - utility)
        return self.scale * ratio if self.better == "higher" else self.scale / ratio

    def utility_of(self, value: Fraction) -> float:
        """The utility of a value, in (0, 1): 1/2 + d / (2 + 2 |d|), where d is by how much it is better than the best known one,
        or than 0, in units of `scale`. If not `signed`: r / (1 + r), where r is its ratio to the scale, or the inverse if lower
        is better, and 0 for other values."""
        scale = Fraction(self.scale)
        if self.signed:
            ahead = (value - Fraction(self.best_known or 0.0)) / scale * (1 if self.better == "higher" else -1)
            return float((1 + ahead / (1 + abs(ahead))) / 2)
        if value <= 0:
            return 0.0
        ratio = value / scale if self.better == "higher" else scale / value
        return float(ratio / (1 + ratio))


@dataclass(frozen=True)
class Construction:
    """A problem with one instance. `construct()` of a program returns the answer as plain data."""

    name: str
    what: str
    """What its programs do, in a few words: `packs 26 circles into a square`."""
    statement: str
    """The form of an answer, its rules and its value, in words for a language model."""
    seed: str
    """Text of the program that the search starts from."""
    better: Literal["higher", "lower"]
    verify: Callable[[Any], Fraction]
    """The value of an answer: certified, never better than the true one, and within 1e-15 of it. Floats are the rational numbers
    that they are, and no rule has a tolerance. Raises Malformed for an answer that breaks a rule."""
    published: tuple[Published, ...] = ()
    """The best published values, the newest first."""
    seconds: float = 60.0
    """CPU seconds of a program."""
    scipy: bool = False
    """Whether its programs may use scipy."""
    draw: Callable[[Any], str] | None = None
    """The shapes of an answer as SVG in a square from (0, 0) to (100, 100), if there is a picture."""

    @property
    def best_known(self) -> Published | None:
        """The best of the published values; None if there is none."""
        choose = max if self.better == "higher" else min
        return choose(self.published, key=lambda one: one.value) if self.published else None

    @property
    def facts(self) -> ProblemFacts:
        """What reports need to know."""
        best = self.best_known
        if best is None:
            return ProblemFacts(self.name, self.better, signed=True)
        return ProblemFacts(self.name, self.better, float(best.value), best.by, best.date, best.source, signed=True)


ENTRY = "construct"
"""The function that a program defines. It takes no arguments."""
VALUE = "value"
"""The metric of a construction."""
RUNS = 5
"""How often the original and the result are run at the end: programs that draw random numbers differ."""
MOST_CHARACTERS = 2_000_000
"""The longest answer as JSON."""


@dataclass(frozen=True)
class ConstructionTask(Task):
    """A task with one instance. Its utility is that of the value (`ProblemFacts.utility_of`): 0.5 is as good as the best known
    one."""

    construction: Construction | None = None

    @property
    def problem(self) -> Construction:
        """The construction, which every such task has."""
        assert self.construction is not None
        return self.construction

    def checked_score(self, instance: Instance, answer: Any, form: AnswerForm | None = None) -> float:
        """The utility of an answer, which is plain data whatever the form.

        Raises:
            Malformed: it breaks a rule of the problem.
            ScorerFailed: `verify` raised something else, takes longer than `score_limit`, or returned no number.
        """
        try:
            value = ended(self.score_limit, "verify", self._verified, answer)
        except (Malformed, SandboxError, ScorerFailed):
            raise
        except (Exception, SystemExit) as error:
            raise ScorerFailed(blame(f"task {self.name}: verify()", error)) from error
        if not isinstance(value, (int, float, Fraction)) or isinstance(value, bool) or value != value:
            raise ScorerFailed(f"task {self.name}: verify() gave {value!r:.60}; a value must be a number")
        note(f"verified: {plain(float(value), 12)}")
        return self.problem.facts.utility_of(Fraction(value))

    def _verified(self, answer: Any) -> Fraction:
        answer = plain_answer(rebuilt(answer))
        try:
            characters = len(json.dumps(answer, allow_nan=False))
        except ValueError as error:  # JSON has no other numbers
            raise Malformed("a number is not finite") from error
        if characters > MOST_CHARACTERS:
            raise Malformed(f"the answer has more than {MOST_CHARACTERS:,} characters")
        return self.problem.verify(answer)


def construction_task(problem: Construction) -> ConstructionTask:
    """The task of a construction.

    Raises:
        TaskError: a field is out of range.
    """
    if problem.better not in ("higher", "lower"):
        raise TaskError(f"task {problem.name}: better must be 'higher' or 'lower', not {problem.better!r:.40}")
    return ConstructionTask(
        name=problem.name,
        sample=lambda rng: {},
        score=_never,
        seed=problem.seed,
        entry=ENTRY,
        instances=1,
        test_instances=RUNS,
        time_limit=problem.seconds,
        failure="instance",
        description=_described(problem),
        slow_seed=True,
        fixed_input=True,
        construction=problem,
    )


def plain_answer(answer: Any) -> Any:
    """An answer as JSON has it: numpy's arrays as lists, its numbers as Python's.

    Raises:
        Malformed: it holds something else.
    """
    if isinstance(answer, np.ndarray):
        if answer.dtype.kind not in "fiu":
            raise Malformed(f"an array of {answer.dtype} is no construction")
        return answer.tolist()
    if isinstance(answer, np.generic):
        return answer.item()
    if isinstance(answer, (list, tuple)):
        return [plain_answer(one) for one in answer]
    if isinstance(answer, dict):
        return {str(name): plain_answer(value) for name, value in answer.items()}
    if answer is None or isinstance(answer, (bool, int, float, str)):
        return answer
    raise Malformed(f"a value of type {type(answer).__name__} is no construction")


def _described(problem: Construction) -> str:
    more = "Higher" if problem.better == "higher" else "Lower"
    libraries = "numpy and scipy" if problem.scipy else "numpy"
    return (
        f'"""{problem.statement.strip()}\n\n{more} values are better. {ENTRY}() takes no arguments, and may use {libraries} and '
        f"{problem.seconds:g} s of CPU: draw\nrandom numbers from a fixed seed, and stop after a number of steps, not by a clock,"
        " so that a second run gives the same.\nThe answer is verified exactly: floats are the rational numbers that they are,"
        ' and no rule has a tolerance.\n"""\n'
    )


def _never(instance: Instance, answer: object) -> float:
    raise TaskError("a construction is verified, not scored")
