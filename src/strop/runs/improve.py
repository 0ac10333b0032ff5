"""One improvement of one solution, I(u, s, L) (equation 1), and its comparison with the original on the sealed split.

`improve_once` records an improvement; `recorded` reads its result from the record.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias

from strop.analysis.stats import Estimate, decided, score_difference
from strop.base.budget import Budget
from strop.base.errors import ConfigurationError, Malformed, TaskError
from strop.base.events import Evaluated, Event, in_full
from strop.base.results import Evaluation, Improvement, Verdict
from strop.core.handles import Grant
from strop.core.improver import improve
from strop.core.metric_change import Gain, ObjectiveFacts, Scale, facts_of, gain, overall
from strop.core.utilities.same_build import SAME_BUILD
from strop.core.utility import Utility, seed_runs
from strop.runs.assembly import Components, RunContext
from strop.runs.held_out import compare
from strop.runs.journal import Journal
from strop.runs.patching.best_candidate import BestSoFar, Standings
from strop.runs.patching.result_files import keep_result
from strop.runs.patching.source_files import Original, ended_like, of_seed
from strop.runs.run_data import RunData
from strop.tasks.command.task import CommandTask

ORIGINAL_KEY, FLAGS_KEY, OBJECTIVE_KEY = "original", "flags", "objective"
"""Keys of the metadata: the original files, the flags that named the target, and the facts about a command's objective."""
UTILITY = "utility"
"""The metric of `Change` if no metric decides."""
PAR = 0.5
"""The utility of the original of a command task, by definition."""

Finding: TypeAlias = Literal["better", "unproven", "worse", "no significant improvement", "unchanged", "failed"]
"""The result of an improvement. `failed`: the improver returned no solution, and no candidate was better than the original.
`unproven`: the program costs less, but the answer was always the same, so a program that only prints it would cost less too; or
it is better in one metric and worse in another, and the user gave no weights; or the original's own output varies on the same
seed, so that equal output proves little."""


@dataclass(frozen=True)
class Scored:
    """One solution on both splits."""

    text: str
    train: Evaluation
    test: Evaluation


@dataclass(frozen=True)
class Cost:
    """What the improvement spent, without the comparison afterwards."""

    lm_calls: int
    responses: int
    evaluations: int


@dataclass(frozen=True)
class Change:
    """The numbers behind a finding: before and after on the sealed split; more is better in `change`."""

    metric: str
    """The metric that decides, or `utility`."""
    before: float
    """The original's mean."""
    after: float
    scale: Scale
    """Whether `change` is a ratio (1: no change) or a difference (0: no change)."""
    change: float
    interval: tuple[float, float] | None
    """Of `change`, 95%; None if nothing was compared."""
    n: int
    """Instances or measurements."""


@dataclass(frozen=True)
class Single:
    """The result of one improvement."""

    improvement: Improvement
    original: Scored
    improved: Scored | None
    """None if the improver returned nothing or the original, and no better candidate replaces it."""
    cost: Cost
    facts: ObjectiveFacts | None = None
    """Of a command's objective; None for a task whose scores the host computes."""
    grant: Grant | None = None
    """The improver's budget; None if the record does not say."""

    @property
    def stands_in(self) -> bool:
        """Whether the best evaluated candidate replaces the program that the improver returned."""
        return self.improved is not None and self.improved.text != self.improvement.solution

    @property
    def difference(self) -> Estimate | None:
        """Improved minus original, paired over the sealed instances, with its 95% interval."""
        return score_difference(*self._pair) if self._pair[0] else None

    @cached_property
    def gains(self) -> tuple[Gain, ...]:
        """The metrics of both on the sealed split.

        None if an instance failed or a constraint was not met: a failure is not faster.
        """
        if (
            self.facts is None
            or self.improved is None
            or any(verdict != "ok" for verdict in self.improved.test.verdicts)
        ):
            return ()
        after, before = self.improved.test.metrics, self.improved.test.beside
        gains = (gain(metric, after, before, seeded=self.facts.seeded) for metric in self.facts.metrics)
        return tuple(one for one in gains if one is not None)

    @cached_property
    def gain(self) -> Gain | None:
        """The gain that decides, of the only metric or of all together; None if the utility decides.

        The utility decides without `gains`.
        """
        if self.facts is None or self.improved is None or not self.gains:
            return None
        if len(self.facts.metrics) == 1:
            return self.gains[0]
        return overall(self.facts, self.gains, self.improved.test.metrics, self.improved.test.beside)

    @property
    def finding(self) -> Finding:
        """`better` or `worse` only if the interval excludes no change.

        A program of a command task that fails on the sealed split is worse, whatever it measured before.
        """
        if self.improved is None:
            return "failed" if self.improvement.solution is None else "unchanged"
        if self.facts is not None and self.improved.test.verdict != "ok":
            return "worse"  # a failure is not chance
        if self.same_build:
            return "unchanged"
        proven = self.answer_varies or (self.facts is not None and self.facts.fixed_input)
        better: Finding = "better" if proven and not self.losses and not self.doubt else "unproven"
        if self.gain is not None:
            verdict = self.gain.verdict
            return better if verdict == "better" else "worse" if verdict == "worse" else "no significant improvement"
        difference = self.difference
        if difference is None:
            return "unchanged"
        shown = decided(difference)
        return better if shown > 0 else "worse" if shown else "no significant improvement"

    @property
    def same_build(self) -> bool:
        """Whether the build makes the same files from both programs, and the command reads nothing else of them."""
        return self.improved is not None and SAME_BUILD in self.improved.test.notes

    @property
    def losses(self) -> tuple[Gain, ...]:
        """The metrics that are worse, of several to which the user gave no weights: nothing says what a gain is worth in them."""
        if self.facts is None or self.facts.weighed or len(self.facts.metrics) == 1:
            return ()
        return tuple(gain for gain in self.gains if gain.verdict == "worse")

    @property
    def doubt(self) -> str:
        """Why the comparison with the original's output proves little, in words; empty if nothing speaks against it."""
        return (self.improved.test.doubt or self.improved.train.doubt) if self.improved is not None else ""

    @property
    def answer_varies(self) -> bool:
        """Whether the held-out instances have different answers, if the score is a cost and something checks the answer.

        If not, a program that only prints the answer costs less and passes every comparison.
        """
        if self.facts is None or self.improved is None or self.facts.check in ("score", "nothing"):
            return True
        return len(set(self.improved.test.answers)) > 1 if self.facts.check == "comparison" else self.facts.seeded

    @property
    def change(self) -> Change | None:
        """The numbers behind the finding; None if nothing was measured, as for an unchanged command."""
        gain, difference = self.gain, self.difference
        if gain is not None:
            of, estimate = math.exp if gain.scale == "ratio" else float, gain.change
            interval = None if estimate.interval is None else (of(estimate.interval[0]), of(estimate.interval[1]))
            change = of(estimate.mean)
            return Change(gain.metric.name, gain.before, gain.after, gain.scale, change, interval, estimate.n)
        before = self.original.test
        if self.improved is not None and difference is not None:
            after = self.improved.test.value
            interval = difference.interval
            return Change(UTILITY, before.value, after, "difference", difference.mean, interval, difference.n)
        if self.facts is not None:
            return None
        return Change(UTILITY, before.value, before.value, "difference", 0.0, None, len(before.scores))

    @property
    def _pair(self) -> tuple[Sequence[float], Sequence[float]]:
        """The scores of both on the sealed instances; empty if there is nothing to compare."""
        if self.improved is None:
            return (), ()
        pair = self.improved.test, self.original.test
        n = max(len(evaluation.scores) for evaluation in pair)
        return _by_instance(pair[0], n), _by_instance(pair[1], n)


def improve_once(
    parts: Components,
    improver: str,
    original: Original | None,
    directory: Path,
    journal: Journal,
    rounds: int | None = None,
) -> None:
    """Improve the program of `parts.task` once, within the budgets of the spec, and score the result on the sealed split.

    `rounds`: of the last comparison, if they are known from a record (strop.runs.held_out).

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
        candidate = _improved_program(improvement, began, journal.evaluations())
        keep_result(directory, began, candidate)
        if candidate != initial:
            train.evaluate(candidate, run.child("improved").child("train"))
        if facts_of(task) is None and candidate != initial:
            compare(context, journal, candidate, initial, rounds)
        elif facts_of(task) is None:
            context.held_out(0).evaluate(initial, run.child("original").child("test"))
        elif candidate != initial:  # the original is measured beside the candidate
            context.utility("test", in_turns=True).evaluate(candidate, run.child("improved").child("test"))


def _beside(improved: Scored | None) -> Evaluation:
    """The original of a command task on the sealed split, as measured beside the candidate."""
    if improved is None:
        return Evaluation(PAR, "ok")
    n = max(len(improved.test.scores), 1)
    ok: Verdict = "ok"
    return Evaluation(PAR, "ok", (PAR,) * n, (ok,) * n, metrics=improved.test.beside)


def _written(improvement: Improvement, original: Original) -> Improvement:
    """The improvement with its solution in normal form; a solution that is not a program of these files becomes a failure."""
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
    """Score the returned program in training, outside the budget, if the improver did not evaluate it but evaluated a better
    candidate than the original: the better of the two is kept."""
    standings, returned = _standings(original, journal.evaluations()), improvement.solution
    if returned is not None and standings.mean(returned) == -math.inf and standings.best is not None:
        train.evaluate(returned, run.child("returned").child("train"))


def _improved_program(improvement: Improvement, original: Original, events: Iterable[Event]) -> str:
    """The improved program: the returned one, or the best candidate if its mean training value is higher or nothing was returned;
    else the original."""
    standings, returned = _standings(original, events), improvement.solution
    best = standings.best
    if best is None:
        return original.program if returned is None else returned
    return best if returned is None or standings.mean(returned) < standings.mean(best) else returned


def _standings(original: Original, events: Iterable[Event]) -> Standings:
    standings = Standings(lambda text: _program(text, original))
    for event in events:
        standings.add(event)
    return standings


def _program(text: str, original: Original) -> str | None:
    """A candidate in normal form, in which equal programs are equal texts; None if it is not a program."""
    return _written(Improvement(text), original).solution


def recorded(run: RunData, original: Original | None = None, facts: ObjectiveFacts | None = None) -> Single | None:
    """The result in a record; None if the run ended before it. `facts`: of a command task."""
    results = {scope: in_full(event, run.text) for scope, event in run.results.items()}
    before, improved = results.get("original/train"), _scored(results, "improved")
    if "improve" not in run.ends or before is None or before.solution is None:
        return None
    began, end = original or of_seed(before.solution), in_full(run.ends["improve"], run.text)
    improvement = _written(end, began)
    tried = [in_full(event, run.text) for event in run.candidates]
    if improved is None and _improved_program(improvement, began, [*results.values(), *tried]) != before.solution:
        return None
    grant = Grant.of_recipe(run.start.spec) if run.start else None
    cost = Cost(run.costs.total.calls, run.costs.total.requests, end.utility_calls)
    if facts is not None:
        return Single(improvement, Scored(before.solution, before, _beside(improved)), improved, cost, facts, grant)
    scored = _scored(results, "original")
    if scored is None or (improved is not None and not _is_whole(improved, scored)):
        return None
    single = Single(improvement, scored, improved, cost, None, grant)
    more_may_follow = run.status != "finished" and single.finding == "no significant improvement"
    return None if more_may_follow else single


def _is_whole(*programs: Scored) -> bool:
    """Whether all were measured in the last round; a text that is no program has no scores."""
    return len({len(scored.test.scores) for scored in programs} - {0}) == 1


def _scored(results: Mapping[str, Evaluated], name: str) -> Scored | None:
    train, test = results.get(f"{name}/train"), results.get(f"{name}/test")
    if train is None or test is None or train.solution is None:
        return None
    return Scored(train.solution, train, test)


def _by_instance(evaluation: Evaluation, n: int) -> Sequence[float]:
    """One score for each instance; all 0 if the program could not be run on all, as a text that is no program."""
    return evaluation.scores if len(evaluation.scores) == n else (0.0,) * n


def _check_runs(parts: Components, original: Original | None, evaluation: Evaluation) -> None:
    """Raises TaskError or ConfigurationError if the search cannot start from the evaluated program."""
    reason = evaluation.error.split("\n")[0]
    if isinstance(parts.task, CommandTask):
        if evaluation.verdict != "ok":
            raise ConfigurationError(f"the original of {parts.task.name} cannot be scored: {reason}")
    elif original is None:
        if not seed_runs(evaluation, parts.task):
            raise TaskError(f"task {parts.task.name}: its seed solution does not run: {reason}")
    elif evaluation.does_not_run:
        raise ConfigurationError(f"the solution to start from, {original.name}, does not run: {reason}")
