"""One improvement of one solution, and whether it holds: I(u, s, L) (equation 1), then u on instances that nobody saw.

What the improver returns is scored once on the sealed test split and compared with the original, instance by instance. Not
here: where the task, the improver and the solution come from, and how the result is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from strop.budget import LM_CALLS, RESPONSES, UTILITY_CALLS
from strop.errors import ConfigurationError, TaskError
from strop.events import Evaluated, Event, ImproveFinished, LmCalled
from strop.experiment import Journal, save
from strop.handles import Grant
from strop.improver import Improvement, improve
from strop.laboratory import Laboratory, Parts
from strop.patch import as_written, unified
from strop.stats import Estimate, differences, paired_difference, sign_flip_test
from strop.utility import Evaluation, evaluation_of

SOLUTION = "solution.py"
"""In the directory of the record: what the improver returned; the original where it returned nothing."""
ORIGINAL = "original.py"
DIFF = "solution.diff"
LEVEL = 0.05
"""Of the test, beside the 95% interval."""

Finding: TypeAlias = Literal["better", "worse", "no significant improvement", "unchanged", "failed"]
"""What one improvement came to. `failed`: the improver returned no solution."""


@dataclass(frozen=True)
class Scored:
    """One solution on both splits."""

    text: str
    train: Evaluation
    test: Evaluation


@dataclass(frozen=True)
class Cost:
    """What the improvement spent; the comparison afterwards is not in it."""

    lm_calls: int
    responses: int
    evaluations: int


@dataclass(frozen=True)
class Single:
    """What one improvement came to."""

    improvement: Improvement
    original: Scored
    improved: Scored | None
    """None where the improver returned nothing, or the solution unchanged."""
    cost: Cost

    @property
    def difference(self) -> Estimate | None:
        """Improved minus original, paired over the sealed instances, with Student's 95% interval."""
        return paired_difference(*self._pair) if self._pair[0] else None

    @property
    def p(self) -> float | None:
        """Two-sided p-value of the sign-flip test on the same differences, which few instances cannot make small."""
        pair = self._pair
        return sign_flip_test(differences(*pair), rng=np.random.default_rng(0)) if pair[0] else None

    @property
    def finding(self) -> Finding:
        """Better and worse are said only where the interval leaves 0 out and chance would do so in at most 5% of cases."""
        if self.improvement.solution is None:
            return "failed"
        found, p = self.difference, self.p
        if found is None or p is None:
            return "unchanged"
        if found.interval is None or p > LEVEL or found.interval[0] <= 0 <= found.interval[1]:
            return "no significant improvement"
        return "better" if found.mean > 0 else "worse"

    @property
    def _pair(self) -> tuple[Sequence[float], Sequence[float]]:
        """The scores of both on the sealed instances; empty where there is nothing to compare."""
        if self.improved is None:
            return (), ()
        pair = self.improved.test, self.original.test
        n = max(len(each.scores) for each in pair)
        return _by_instance(pair[0], n), _by_instance(pair[1], n)


@dataclass(frozen=True)
class Start:
    """Where the search starts, where it is not from the task's own seed: the text of a file, and the file's name in a diff."""

    text: str
    name: str


def improve_once(parts: Parts, improver: str, start: Start | None, directory: Path, journal: Journal) -> Single:
    """Improve a solution of `parts.task` once, within the recipe's budgets, and compare it on the sealed split.

    The returned program and its diff are in `directory` before the sealed split is touched, and no step after that
    depends on what it says.

    Raises:
        ConfigurationError: the solution to start from does not run.
        TaskError: the task's own seed solution does not.
        Interrupted: the user stopped it.
        StropError: the host failed. In both cases what was done before is kept.
    """
    laboratory, spec = Laboratory(parts, journal, recalled=journal.recalled), parts.spec
    initial = parts.task.seed if start is None else start.text.replace("\r\n", "\n")
    train, test = laboratory.utility("train"), laboratory.utility("test")
    with journal.of(parts):
        run = laboratory.run
        # The task's own seed shows whether its scorer can be trusted; a file's answers are scored like any other's.
        strict = laboratory.utility("train", strict=start is None)
        before = strict.evaluate(initial, run.child("original").child("train"))
        if before.verdict == "raised":
            raise _does_not_run(parts, start, before)
        at = run.child("improve")
        grant = Grant(spec.utility_budget, spec.lm_budget, spec.max_responses)
        improvement = improve(improver, initial, train, grant, at, laboratory.host)
        cost = Cost(at.used(LM_CALLS), at.used(RESPONSES), at.used(UTILITY_CALLS))
        candidate = initial if improvement.solution is None else _ended_like(improvement.solution, initial)
        _keep(directory, start or Start(initial, SOLUTION), candidate)
        improved = None
        if candidate != initial:
            after = train.evaluate(candidate, run.child("improved").child("train"))
            improved = Scored(candidate, after, test.evaluate(candidate, run.child("improved").child("test")))
        original = Scored(initial, before, test.evaluate(initial, run.child("original").child("test")))
    return Single(improvement, original, improved, cost)


def _ended_like(solution: str, initial: str) -> str:
    """A text taken out of an answer has lost its last newline; a diff need not show that."""
    return f"{solution}\n" if initial.endswith("\n") and not solution.endswith("\n") else solution


def _keep(directory: Path, start: Start, solution: str) -> None:
    """Write the original, the program to go on with, and the diff between them, with the line ends of the original."""
    after = as_written(solution, start.text)
    save(directory / ORIGINAL, start.text)
    save(directory / SOLUTION, after)
    save(directory / DIFF, unified(start.text, after, start.name))


def recorded(events: Iterable[Event]) -> Single | None:
    """The same from a record; None where it ended before everything was measured."""
    improvement, lm_calls, responses, evaluations = None, 0, 0, 0
    found: dict[str, Evaluated] = {}
    for event in events:
        match event:
            case ImproveFinished(scope="improve", outcome=outcome):
                improvement = Improvement(event.solution, outcome, event.detail)  # type: ignore[arg-type]
                evaluations = event.utility_calls
            case LmCalled():
                lm_calls += event.cost
                responses += len(event.messages)
            case Evaluated():
                found[event.scope] = event
    original, improved = (_scored(found, name) for name in ("original", "improved"))
    if improvement is None or original is None:
        return None
    if improvement.solution is not None and improved is None:
        unchanged = _ended_like(improvement.solution, original.text) == original.text
        if not unchanged:
            return None
    return Single(improvement, original, improved, Cost(lm_calls, responses, evaluations))


def _scored(found: Mapping[str, Evaluated], name: str) -> Scored | None:
    train, test = found.get(f"{name}/train"), found.get(f"{name}/test")
    if train is None or test is None or train.solution is None:
        return None
    return Scored(train.solution, evaluation_of(train), evaluation_of(test))


def _by_instance(evaluation: Evaluation, n: int) -> Sequence[float]:
    """One score an instance. Where one failure costs the whole utility, every instance is worth 0, also those never run."""
    return evaluation.scores if evaluation.value > 0 else (0.0,) * n


def _does_not_run(parts: Parts, start: Start | None, evaluation: Evaluation) -> ConfigurationError | TaskError:
    reason = evaluation.error.split("\n")[0]
    if start is None:
        return TaskError(f"task {parts.task.name}: its seed solution does not run: {reason}")
    return ConfigurationError(f"the solution to start from, {start.name}, does not run: {reason}")
