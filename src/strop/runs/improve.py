"""One improvement of one solution, I(u, s, L) (equation 1), and its comparison with the original on the sealed split.

`improve_once` records an improvement; `recorded` reads its result from the record.

Scores are compared in one stage: the gain in training and its spread set how many instances are held out, before any of them is
touched. One test of all of them ends it (strop.analysis.stats.exchangeable). Each instance is one observation: it has a process
of its own, so that none fails because another did. A program that fails in some calls scores 0 in these.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from strop.analysis.stats import CONFIDENCE, confidence_of, differences, least_pairs, mean, pairs_needed
from strop.base.budget import Budget, Grant
from strop.base.errors import ConfigurationError, Malformed, SearchOver, TaskError
from strop.base.events import CallsChanged, Evaluated, Event, SearchEnded, SuiteRan, in_full
from strop.base.randomness import derive
from strop.base.results import ChangedCalls, Evaluation, Improvement, Verdict, fields_of
from strop.base.solution import digest_of
from strop.base.surface import option
from strop.core.metric_change import gain_in
from strop.runs.finding import Cost, Evidence, OwnTests, RefusedCandidate, ScoredProgram
from strop.runs.interrupts import Interrupted
from strop.runs.patching.result_files import RETURNED_SCOPE, BestSoFar, Standings, keep_construction, keep_result
from strop.runs.patching.source_files import Original, of_seed
from strop.runs.run_data import RunData, read_run
from strop.runs.scopes import ORIGINAL_TESTS, comparison_at
from strop.runs.spec import RunSpec
from strop.store import Store
from strop.tasks.command.task import AnyTask

if TYPE_CHECKING:
    from strop.core.utility import Utility
    from strop.runs.assembly import Components
    from strop.runs.context import RunContext
    from strop.runs.journal import Journal
    from strop.tasks.function.task import FunctionTask

PAR = 0.5
"""The utility of the original of a command task, by definition."""


def improve_once(context: RunContext, improver: str, original: Original | None, instances: int = 0) -> None:
    """Improve the program of the context's task once, within the budgets of the spec, and score the result on the sealed split.

    `instances`: of the final comparison, if a record says how many; else training does.

    `original` are the user's files that the search starts from; None: the task's own seed. The record's folder always holds the
    best candidate so far, and the returned program and its diff before the sealed split is touched.

    Raises:
        ConfigurationError: the program to start from does not run.
        TaskError: the task's own seed solution does not run.
        Interrupted: the user stopped it.
        StropError: the host failed. Completed work is kept.
    """
    task, journal, run = context.parts.task, context.journal, context.run
    began = original or of_seed(task.seed)
    initial = began.program
    journal.also_tell(BestSoFar(context.folder, began, journal.recorded(Evaluated, SuiteRan)))
    train = context.utility("train")
    measured = train.evaluate(initial, run.child("original").child("train"))
    _check_runs(context.parts, original, measured)
    before = _test_original(context, began)
    improvement, number = _searched(context, improver, initial)
    improvement = _written(improvement, began)
    _score_returned(improvement, began, train, run, journal)
    budget = run.child(comparison_at(number)) if number > 1 else run
    candidate = _tested_program(context, improvement, began, before, budget)
    keep_result(context.folder, began, candidate)
    if candidate != initial:
        is_constant = task.root is not None and not (task.objective.counts_cost or measured.original_varies)
        first = Standings(journal.recorded(Evaluated), began).first.get(candidate) if is_constant else None
        _score_improved(context, candidate, first, budget)
    if task.facts is None and candidate != initial:
        compare(context, candidate, initial, instances, number)
    elif task.facts is None:
        context.held_out(0, number).evaluate(initial, budget.child("original").child("test"))
    elif candidate != initial:  # the original is measured beside the candidate
        measured = context.held_out(0, number).evaluate(candidate, budget.child("improved").child("test"))
        _note_changed(context, candidate, measured, budget.child("changed").path, confidence_of(number))
    keep_construction(context.folder, task.name, task.problem, journal.recorded(Evaluated))


def _test_original(context: RunContext, original: Original) -> SuiteRan | None:
    """What the user's tests say of the original; None without tests. Raises ConfigurationError if none passes."""
    if not context.parts.task.test:
        return None
    from strop.runs.own_tests import tested_original  # here for the start-up time

    return tested_original(context, original)


def _tested_program(
    context: RunContext, improvement: Improvement, original: Original, before: SuiteRan | None, budget: Budget
) -> str:
    """The improved program; of several the best that fails no test that passed `before`, if there are tests."""
    refused: list[SuiteRan] = []
    while True:
        candidate = _improved_program(improvement, original, [*context.journal.recorded(Evaluated), *refused])
        if candidate == original.program or before is None:
            return candidate
        from strop.runs.own_tests import tested_candidate  # here for the start-up time

        refused.append(tested_candidate(context, original, candidate, before, budget))
        if not refused[-1].failing:
            return candidate


def _searched(context: RunContext, improver: str, initial: str) -> tuple[Improvement, int]:
    """How the search ended, by itself or before its end, and the number of the comparison that follows."""
    from strop.checks.held_out import draws_more
    from strop.core.improver import improve
    from strop.runs.time_left import comparison_kept

    spec, host = context.parts.spec, context.host
    grant = Grant(spec.utility_budget, spec.lm_budget, spec.max_responses)
    most = 2 * SHARE if draws_more(context.parts.task, is_published=spec.instances == "published") else 0
    context.begin_again()
    try:
        with comparison_kept(context, most):
            improvement = improve(
                improver, initial, context.utility("train"), grant, context.run.child("improve"), host
            )
    except SearchOver as over:
        return Improvement(None, detail=over.detail), context.ended("improve", over)
    return improvement, len(host.past.ends) + 1


def _beside(improved: ScoredProgram | None) -> Evaluation:
    """The original of a command task on the sealed split, as measured beside the candidate."""
    if improved is None:
        return Evaluation(PAR, "ok")
    n = max(len(improved.last.scores), 1)
    ok: Verdict = "ok"
    return Evaluation(PAR, "ok", (PAR,) * n, (ok,) * n, metrics=improved.last.original_metrics)


def _written(improvement: Improvement, original: Original) -> Improvement:
    """The improvement with its solution in normal form; a solution that is not a program of these files becomes a failure."""
    if improvement.solution is None:
        return improvement
    try:
        return replace(improvement, solution=original.normal(improvement.solution))
    except Malformed as error:
        reason = f"what it returned is not a program of these files: {error}"
        return replace(improvement, solution=None, outcome="malformed", detail=reason)


def _score_returned(
    improvement: Improvement, original: Original, train: Utility, run: Budget, journal: Journal
) -> None:
    """Score the returned program in training, outside the budget, if the improver did not evaluate it but evaluated a better
    candidate than the original: the better of the two is kept."""
    standings, returned = Standings(journal.recorded(Evaluated), original), improvement.solution
    if returned is not None and standings.mean(returned) == -math.inf and standings.best is not None:
        train.evaluate(returned, run.child("returned").child("train"))


def _score_improved(context: RunContext, candidate: str, known: Evaluated | None, budget: Budget) -> None:
    """Score the improved program in training. `known`: its first evaluation, which stands for this one where scores do not vary;
    `budget`: where the comparison is."""
    budget = budget.child("improved").child("train")
    if known is not None:
        context.journal(
            replace(known, scope=budget.path, solution=candidate, cpu_seconds=0.0, seconds=(), wall_seconds=0.0)
        )
    else:
        context.utility("train").evaluate(candidate, budget)


def _improved_program(improvement: Improvement, original: Original, events: Iterable[Event]) -> str:
    """The improved program: the returned one, or the best candidate if its mean training value is higher or nothing was returned;
    else the original. None of them that fails tests of the user's."""
    standings, returned = Standings(events, original), improvement.solution
    returned = None if returned is None or standings.is_out(returned) else returned
    best = standings.best
    if best is None:
        return original.program if returned is None else returned
    return best if returned is None or standings.mean(returned) < standings.mean(best) else returned


def recorded(run: RunData, original: Original | None = None) -> Evidence | None:
    """The result in a record; None if the run ended before it."""
    facts = run.meta.objective
    results = {scope: in_full(event, run.text) for scope, event in run.results.items()}
    before, improved = results.get("original/train"), _scored(results, "improved")
    end = run.search_end or run.ends.get("improve")
    if end is None or before is None or before.solution is None:
        return None
    began = original or of_seed(before.solution)
    if isinstance(end, SearchEnded):
        improvement = Improvement(None, detail=end.detail)
    else:
        improvement = _written(Improvement(**fields_of(Improvement, in_full(end, run.text))), began)
    tried = [in_full(event, run.text) for event in run.candidates]
    suites = [in_full(event, run.text) for event in run.suites]
    candidates = candidates_of(tried)
    failing, refused = {one.solution: one for one in suites if one.failing}, list[SuiteRan]()
    while (program := _improved_program(improvement, began, [*results.values(), *tried, *refused])) in failing:
        refused.append(failing.pop(program))
    if improved is None and program != before.solution:
        return None
    spec = run.spec
    grant = Grant(spec.utility_budget, spec.lm_budget, spec.max_responses) if spec else None
    all_tried = *tried, *(event for scope, event in results.items() if scope == RETURNED_SCOPE)
    ended_by = run.search_end.by if run.search_end else None
    more = (
        grant,
        candidates,
        all_tried,
        run.meta.best_known,
        bool(run.meta.fixed_input),
        spec is not None and spec.trust_scorer,
        ended_by,
        run.comparison,
        () if improved is None else began.removed(improved.text),
        _own_tests(suites, refused),
        None if run.changed is None else ChangedCalls(**fields_of(ChangedCalls, run.changed)),
    )
    others = sum(one.text != before.solution for one in candidates)
    cost = Cost(end.lm_calls, run.costs.total.responses, end.utility_calls, others)
    if facts is not None:
        start = ScoredProgram(before.solution, _evaluation(before), _beside(improved))
        return Evidence(improvement, start, improved, cost, facts, *more)
    scored = _scored(results, "original")
    return None if scored is None else Evidence(improvement, scored, improved, cost, None, *more)


def _own_tests(suites: Sequence[SuiteRan], refused: Sequence[SuiteRan]) -> OwnTests | None:
    """What the user's tests say, of these runs; None if they did not run."""
    first = next((one for one in suites if one.scope == ORIGINAL_TESTS), None)
    if first is None:
        return None
    out = (RefusedCandidate(digest_of(one.solution), one.failing, one.output) for one in refused)
    return OwnTests(first.count, first.not_green, first.flaky, tuple(out))


def candidates_of(tried: Iterable[Evaluated]) -> tuple[ScoredProgram, ...]:
    """Each candidate of these training evaluations once, as it was first evaluated, the best first."""
    standings = Standings(tried)
    return tuple(
        ScoredProgram(text, _evaluation(standings.first[text])) for text in sorted(standings.first, key=standings.rank)
    )


def _scored(results: Mapping[str, Evaluated], name: str) -> ScoredProgram | None:
    train, test = results.get(f"{name}/train"), results.get(f"{name}/test")
    if train is None or test is None or train.solution is None:
        return None
    return ScoredProgram(train.solution, _evaluation(train), _evaluation(test))


def _evaluation(event: Evaluated) -> Evaluation:
    return Evaluation(**fields_of(Evaluation, event))


def _check_runs(parts: Components, original: Original | None, evaluation: Evaluation) -> None:
    """Raises TaskError or ConfigurationError if the search cannot start from the evaluated program."""
    reason = evaluation.error.split("\n")[0]
    if parts.task.root is not None:
        if not parts.task.can_start(evaluation):
            raise ConfigurationError(
                f"the original of {parts.task.name} cannot be scored: {reason}; start from a program that meets it, or ask for "
                f"less ({option('require_metric')})"
            )
    elif original is None:
        if not parts.task.can_start(evaluation):
            raise TaskError(f"task {parts.task.name}: its seed solution does not run: {reason}")
    elif evaluation.does_not_run:
        raise ConfigurationError(f"the solution to start from, {original.name}, does not run: {reason}")


ENOUGH = 50
"""Held-out instances whose interval covers skewed gains in 93% of cases (docs/statistics.md)."""
SHARE = 4
"""Of so many runs in training the comparison makes one at most, unless the task holds out more."""


def compare(context: RunContext, improved: str, original: str, instances: int = 0, number: int = 1) -> None:
    """Measure both programs on sealed instances, side by side. `instances`: so many, as in the record that is replayed; `number`:
    which comparison of the run it is."""
    from strop.checks.held_out import draws_more

    task, budget = context.parts.task, context.run.child(comparison_at(number)) if number > 1 else context.run
    if not instances and draws_more(task, is_published=context.parts.spec.instances == "published"):
        trained = [each for each in context.journal.recorded(Evaluated) if each.split == "train"]
        scores = {each.scope: each.scores for each in trained}
        runs = sum(len(each.scores) for each in trained)
        after, confidence = scores[budget.child("improved").child("train").path], confidence_of(number)
        needed = instances_needed(after, scores["original/train"], runs, confidence=confidence)
        instances = max(needed, task.test_instances, least_pairs(confidence))
    utility, programs = context.held_out(instances, number), (("improved", improved), ("original", original))
    waits = [utility.begin(program, budget.child(name).child("test")) for name, program in programs]
    for wait in waits:
        wait()


def _note_changed(context: RunContext, candidate: str, measured: Evaluation, scope: str, confidence: float) -> None:
    """Record what a better program does in calls with changed arguments, unless the record says it. Nothing fails for it."""
    task = context.parts.task
    if task.facts is None or not task.facts.commands:  # no calls were recorded
        return
    gained = gain_in(task.facts, measured, confidence=confidence) if measured.verdict == "ok" else None
    is_known = any(event.scope == scope for event in context.journal.recorded(CallsChanged))
    if gained is None or gained.verdict != "better" or is_known:
        return
    from strop.evaluation.functions.changed import compare_changed

    context.observer.say("comparing calls with changed arguments")
    try:
        found = compare_changed(cast("FunctionTask", task), candidate, derive(context.parts.secret, scope))
    except (Interrupted, SearchOver):
        raise
    except Exception as error:  # noqa: BLE001 (a note fails nothing)
        found = ChangedCalls(0, 0, detail=(f"{error}" or type(error).__name__).splitlines()[0][:300])
    context.record(CallsChanged(**fields_of(ChangedCalls, found), scope=scope))


def instances_needed(
    after: Sequence[float], before: Sequence[float], runs: int, *, confidence: float = CONFIDENCE
) -> int:
    """How many held-out instances show half of the gain from `before` to `after`, the scores in training, in four of five cases,
    if gains vary as they do there; half, because the best of many is partly luck. Nothing that is held out has a say in it.

    `runs`: how many runs of programs training took.
    """
    most = runs // (2 * SHARE)  # both programs run on each
    gains = differences(after, before) if len(after) == len(before) else []
    if len(gains) < 2 or mean(gains) <= 0:
        return most
    if len({*gains}) == 1:
        return 0
    return min(max(pairs_needed(gains, mean(gains) / 2, most, confidence=confidence), ENOUGH), most)


def held_out_in(store: Store) -> int:
    """How many instances the last comparison in a record has; 0 if it has none."""
    results = read_run(store).results
    return max(
        (len(results[place].scores) for place in ("improved/test", "original/test") if place in results), default=0
    )


def check_enough(spec: RunSpec, task: AnyTask) -> None:
    """Raises ConfigurationError if the final comparison could show no difference, because too little is held out."""
    from strop.checks.held_out import too_few

    if few := too_few(task, is_published=spec.instances == "published"):
        raise ConfigurationError(f"task {task.name}: {few}")
