"""A construction as a task: its utility, and what is kept of an answer (docs/design/0111-constructions.md)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from strop.base.errors import Malformed, SandboxError, ScorerFailed, TaskError
from strop.base.pluralize import plain
from strop.base.scorer_notes import note
from strop.tasks.base import Instance, Task, blame
from strop.tasks.constructions.base import Construction
from strop.tasks.score_limit import ended

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

    def checked_score(self, instance: Instance, answer: Any) -> float:
        """The utility of an answer.

        Raises:
            Malformed: it breaks a rule of the problem, or verifying takes longer than `score_limit`.
            ScorerFailed: `verify` raised something else, or returned no number.
        """
        answer = plain_answer(answer)
        try:
            characters = len(json.dumps(answer, allow_nan=False))
        except ValueError as error:  # JSON has no other numbers
            raise Malformed("a number is not finite") from error
        if characters > MOST_CHARACTERS:
            raise Malformed(f"the answer has more than {MOST_CHARACTERS:,} characters")
        try:
            value = ended(self.score_limit, "verify", self.problem.verify, answer)
        except (Malformed, SandboxError):
            raise
        except (Exception, SystemExit) as error:
            raise ScorerFailed(blame(f"task {self.name}: verify()", error)) from error
        if not isinstance(value, (int, float, Fraction)) or isinstance(value, bool) or value != value:
            raise ScorerFailed(f"task {self.name}: verify() gave {value!r:.60}; a value must be a number")
        note(f"verified: {plain(float(value), 12)}")
        return self.problem.facts.utility_of(Fraction(value))


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
