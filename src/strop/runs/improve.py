"""One improvement of one solution, and whether it holds: I(u, s, L) (equation 1), then u on instances that nobody saw.

What the improver returns is scored once on the sealed test split and compared with the original, instance by instance. Not
here: where the task, the improver and the solution come from, and how the result is shown.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from strop.analysis.stats import Estimate, differences, mean, paired_difference, sign_flip_test
from strop.base.budget import Budget
from strop.base.errors import ConfigurationError, Malformed, TaskError
from strop.base.events import Evaluated, Event, in_full
from strop.base.results import Evaluation, Improvement, Verdict
from strop.core.handles import Grant
from strop.core.improver import improve
from strop.core.metric_change import LEVEL, Gain, ObjectiveFacts, Scale, facts_of, gain, overall
from strop.core.utility import Utility, seed_runs
from strop.runs.assembly import Components, RunContext
from strop.runs.journal import Journal, save
from strop.runs.patching.best_candidate import ORIGINAL_SCOPE, BestSoFar, best_of, is_candidate, keep_files
from strop.runs.patching.source_files import Original, ended_like, of_seed
from strop.runs.run_data import RunData
from strop.tasks.command.task import CommandTask

SOLUTION, ORIGINAL = "solution.py", "original.py"
"""In the directory of the record: what the improver returned; the original where it returned nothing."""
ORIGINAL_KEY, FLAGS_KEY, OBJECTIVE_KEY = "original", "flags", "objective"
"""Keys of a record's metadata: the files it began from, the flags that named the target, and what a command measured."""
SOLUTION_FILES = "solution"
"""The same for a command task: folders with the files that may change."""
ORIGINAL_FILES = "original"
DIFF = "solution.diff"
UTILITY = "utility"
"""What `Change` is of where no metric decides."""
RETURNED_SCOPE = "returned/train"
PAR = 0.5
"""The utility of the original of a command task, by definition."""

Finding: TypeAlias = Literal["better", "unproven", "worse", "no significant improvement", "unchanged", "failed"]
"""What one improvement came to. `failed`: the improver returned no solution, and no candidate was better than the original.
`unproven`: it costs less, and the answer was always the same, so that a program that prints it would cost less too."""


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
class Change:
    """Before and after on the sealed split, in the numbers that the finding rests on; more is better in `change`."""

    metric: str
    """The metric that decides; `utility` where that does."""
    before: float
    """The original's mean."""
    after: float
    scale: Scale
    """Whether `change` is a ratio, 1 for none, or a difference, 0 for none."""
    change: float
    interval: tuple[float, float] | None
    """Of `change`, 95%; None where one value says nothing about chance."""
    n: int
    """Instances or measurements."""
    p: float | None
    """Of the two-sided sign-flip test."""


@dataclass(frozen=True)
class Single:
    """What one improvement came to."""

    improvement: Improvement
    original: Scored
    improved: Scored | None
    """None where the improver returned nothing, or the solution unchanged, and no better candidate stands in its place."""
    cost: Cost
    facts: ObjectiveFacts | None = None
    """What a command measured; None for a task whose scores the host computes."""
    grant: Grant | None = None
    """What the improver could spend; None where the record does not say it."""

    @property
    def stands_in(self) -> bool:
        """Whether the best candidate that the improver evaluated stands in the place of what it returned."""
        return self.improved is not None and self.improved.text != self.improvement.solution

    @property
    def difference(self) -> Estimate | None:
        """Improved minus original, paired over the sealed instances, with Student's 95% interval."""
        return paired_difference(*self._pair) if self._pair[0] else None

    @property
    def p(self) -> float | None:
        """Two-sided p-value of the sign-flip test on the same differences, which few instances cannot make small."""
        pair = self._pair
        return sign_flip_test(differences(*pair), rng=np.random.default_rng(0)) if pair[0] else None

    @cached_property
    def gains(self) -> tuple[Gain, ...]:
        """Each metric that was measured on every sealed instance, of both."""
        if self.facts is None or self.improved is None:
            return ()
        after, before = self.improved.test.metrics, self.improved.test.beside
        found = [gain(metric, after, before, seeded=self.facts.seeded) for metric in self.facts.metrics]
        return tuple(each for each in found if each is not None)

    @cached_property
    def gain(self) -> Gain | None:
        """The gain that decides, of the one metric or of all together; None where the utility decides.

        So it is for a task without metrics, and where an instance failed or a constraint was not met.
        """
        if self.improved is None or self.facts is None or any(each != "ok" for each in self.improved.test.verdicts):
            return None
        if len(self.facts.metrics) == 1:
            return self.gains[0] if self.gains else None
        return overall(self.facts, self.gains, self.improved.test.metrics, self.improved.test.beside)

    @property
    def finding(self) -> Finding:
        """Better and worse are said only where the interval leaves 0 out and chance would do so in at most 5% of cases.

        A candidate of a command task that failed on the sealed split is worse, whatever it measured before.
        """
        if self.improved is None:
            return "failed" if self.improvement.solution is None else "unchanged"
        if self.facts is not None and self.improved.test.verdict != "ok":
            return "worse"  # not by chance: where it was to be measured, it failed
        better: Finding = "better" if self.answer_varies or (self.facts and self.facts.fixed_input) else "unproven"
        if self.gain is not None:
            verdict = self.gain.verdict
            return better if verdict == "better" else "worse" if verdict == "worse" else "no significant improvement"
        found, p = self.difference, self.p
        if found is None or p is None:
            return "unchanged"
        if found.interval is None or p > LEVEL or found.interval[0] <= 0 <= found.interval[1]:
            return "no significant improvement"
        return better if found.mean > 0 else "worse"

    @property
    def answer_varies(self) -> bool:
        """Whether held-out instances had different answers, where the score is a cost and something checks the answer.

        Else a program that prints the one answer costs less, and passes every comparison.
        """
        if self.facts is None or self.improved is None or self.facts.check in ("score", "nothing"):
            return True
        return len(set(self.improved.test.answers)) > 1 if self.facts.check == "comparison" else self.facts.seeded

    @property
    def change(self) -> Change | None:
        """What the finding rests on; None where nothing was measured, as for a command whose program is unchanged."""
        found, difference = self.gain, self.difference
        if found is not None:
            of = math.exp if found.scale == "ratio" else float
            interval = (
                None if found.change.interval is None else (of(found.change.interval[0]), of(found.change.interval[1]))
            )
            change = of(found.change.mean)
            return Change(
                found.metric.name, found.before, found.after, found.scale, change, interval, found.change.n, found.p
            )
        before = self.original.test
        if self.improved is not None and difference is not None:
            after = self.improved.test.value
            return Change(
                UTILITY, before.value, after, "difference", difference.mean, difference.interval, difference.n, self.p
            )
        if self.facts is not None:
            return None
        return Change(UTILITY, before.value, before.value, "difference", 0.0, None, len(before.scores), None)

    @property
    def _pair(self) -> tuple[Sequence[float], Sequence[float]]:
        """The scores of both on the sealed instances; empty where there is nothing to compare."""
        if self.improved is None:
            return (), ()
        pair = self.improved.test, self.original.test
        n = max(len(each.scores) for each in pair)
        return _by_instance(pair[0], n), _by_instance(pair[1], n)


def improve_once(
    parts: Components, improver: str, original: Original | None, directory: Path, journal: Journal
) -> None:
    """Improve the program of `parts.task` once, within the budgets of the spec, and score the result on the sealed split.

    `original` are the user's files that the search starts from; None: the task's own seed. `directory` always holds the best
    candidate evaluated so far, and holds the returned program and its diff before the sealed split is touched; no later step
    depends on the sealed scores. The result is read from the record (`recorded`).

    Raises:
        ConfigurationError: the program to start from does not run.
        TaskError: the task's own seed solution does not run.
        Interrupted: the user stopped it.
        StropError: the host failed. Completed work is kept.
    """
    task, spec = parts.task, parts.spec
    began = original or of_seed(task.seed)
    initial = began.program
    best = BestSoFar(directory, began, journal.evaluations())

    def record(event: Event) -> None:
        journal(event)
        best(event)

    context = RunContext(parts, record, recalled=journal.recalled)
    train, run = context.utility("train"), context.run
    with journal.of(parts):
        # The task's own seed tests its scorer; answers of other programs are scored like any candidate's.
        strict = context.utility("train", strict=initial == task.seed)
        _check_runs(parts, original, strict.evaluate(initial, run.child("original").child("train")))
        grant = Grant(spec.utility_budget, spec.lm_budget, spec.max_responses)
        improvement = _written(improve(improver, initial, train, grant, run.child("improve"), context.host), began)
        _score_returned(improvement, began, train, run, journal)
        candidate = _standing(improvement, began, journal.evaluations())
        _keep(directory, began, candidate)
        test = context.utility("test", in_turns=True)
        if candidate != initial:
            train.evaluate(candidate, run.child("improved").child("train"))
            test.evaluate(candidate, run.child("improved").child("test"))
        if facts_of(task) is None:  # else the original is measured beside the candidate
            test.evaluate(initial, run.child("original").child("test"))


def _beside(improved: Scored | None) -> Evaluation:
    """The original of a command task on the sealed split, as it was measured beside the candidate."""
    if improved is None:
        return Evaluation(PAR, "ok")
    n = max(len(improved.test.scores), 1)
    ok: Verdict = "ok"
    return Evaluation(PAR, "ok", (PAR,) * n, (ok,) * n, metrics=improved.test.beside)


def _written(improvement: Improvement, original: Original) -> Improvement:
    """What the improver gave, in the form in which equal programs are equal texts; no program of several files is a failure."""
    if improvement.solution is None:
        return improvement
    try:
        if original.function and original.program_of(improvement.solution) == original.program:
            return replace(improvement, solution=original.program)
        if not original.command:
            return replace(improvement, solution=ended_like(improvement.solution, original.program))
        return replace(improvement, solution=original.plain(original.written(improvement.solution)))
    except Malformed as error:
        reason = f"what it returned is not a program of these files: {error}"
        return replace(improvement, solution=None, outcome="malformed", detail=reason)


def _score_returned(
    improvement: Improvement, original: Original, train: Utility, run: Budget, journal: Journal
) -> None:
    """Score what the improver returned in training, outside its budget, where it never did that and has tried something better
    than the original: else nothing would tell which of the two is to stand."""
    found, returned = list(journal.evaluations()), improvement.solution
    unknown = returned is not None and _in_training(returned, original, found) == -math.inf
    if unknown and best_of(found) is not None:
        train.evaluate(returned, run.child("returned").child("train"))


def _standing(improvement: Improvement, original: Original, events: Iterable[Event]) -> str:
    """The program that stands: the improver's, unless it gave none, or one that did not score as well in training as the best
    candidate that it evaluated (means, where a program was scored several times); else the original."""
    found = list(events)
    best, returned = best_of(found), improvement.solution
    standing = None if best is None else _program(best.solution, original)
    if standing is None:
        return original.program if returned is None else returned
    if returned is None or _in_training(returned, original, found) < _in_training(standing, original, found):
        return standing
    return returned


def _in_training(program: str, original: Original, events: Iterable[Event]) -> float:
    """The mean utility of a program in training; below every other where it was not evaluated."""
    elsewhere = (ORIGINAL_SCOPE, RETURNED_SCOPE)
    scored = [
        each for each in events if isinstance(each, Evaluated) and (is_candidate(each) or each.scope in elsewhere)
    ]
    values = [each.value for each in scored if program in (each.solution, _program(each.solution, original))]
    return mean(values) if values else -math.inf


def _program(text: str | None, original: Original) -> str | None:
    """A candidate's text in the form in which equal programs are equal texts; None where it is no program."""
    return _written(Improvement(text), original).solution


def _keep(directory: Path, original: Original, solution: str) -> None:
    """Write the original, the program to go on with, and the diff between them, with the line ends of the original."""
    after = original.written(solution)
    if original.command:
        keep_files(directory / ORIGINAL_FILES, original.files, original)
        keep_files(directory / SOLUTION_FILES, after, original)
    else:
        ((path, text),) = after.items()
        save(directory / ORIGINAL, original.files[path])
        save(directory / SOLUTION, text)
    save(directory / DIFF, original.diff_of(after))


def recorded(run: RunData, original: Original | None = None, facts: ObjectiveFacts | None = None) -> Single | None:
    """The same from a record; None where it ended before everything was measured. `facts`: of a command task's record."""
    found = {scope: in_full(event, run.text) for scope, event in run.results.items()}
    before, improved = found.get("original/train"), _scored(found, "improved")
    if "improve" not in run.ends or before is None or before.solution is None:
        return None
    began, end = original or of_seed(before.solution), in_full(run.ends["improve"], run.text)
    improvement = _written(end, began)
    tried = [in_full(event, run.text) for event in run.candidates]
    if improved is None and _standing(improvement, began, [*found.values(), *tried]) != before.solution:
        return None
    grant = Grant.of_recipe(run.start.spec) if run.start else None
    cost = Cost(run.costs.total.calls, run.costs.total.requests, end.utility_calls)
    if facts is not None:
        return Single(improvement, Scored(before.solution, before, _beside(improved)), improved, cost, facts, grant)
    scored = _scored(found, "original")
    return None if scored is None else Single(improvement, scored, improved, cost, None, grant)


def _scored(found: Mapping[str, Evaluated], name: str) -> Scored | None:
    train, test = found.get(f"{name}/train"), found.get(f"{name}/test")
    if train is None or test is None or train.solution is None:
        return None
    return Scored(train.solution, train, test)


def _by_instance(evaluation: Evaluation, n: int) -> Sequence[float]:
    """One score an instance. Where one failure costs the whole utility, every instance is worth 0, also those never run."""
    return evaluation.scores if evaluation.value > 0 else (0.0,) * n


def _check_runs(parts: Components, original: Original | None, evaluation: Evaluation) -> None:
    """Raises TaskError or ConfigurationError where the search cannot begin from what was evaluated."""
    reason = evaluation.error.split("\n")[0]
    if isinstance(parts.task, CommandTask):
        if evaluation.verdict != "ok":
            raise ConfigurationError(f"the original of {parts.task.name} cannot be scored: {reason}")
    elif original is None:
        if not seed_runs(evaluation, parts.task):
            raise TaskError(f"task {parts.task.name}: its seed solution does not run: {reason}")
    elif evaluation.does_not_run:
        raise ConfigurationError(f"the solution to start from, {original.name}, does not run: {reason}")
