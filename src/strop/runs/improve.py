"""One improvement of one solution, I(u, s, L) (equation 1), and its comparison with the original on the held-out split.

`improve_once` records an improvement; `recorded` reads its result from the record.

Scores are compared in one stage: what training showed sets how many instances are held out, before any of them is touched
(`sizing`). One test of all of them ends it (strop.analysis.stats.exchangeable). Each instance is one observation: it has a
process of its own, so that none fails because another did. A program that fails in some calls scores 0 in these.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias, cast

from strop.analysis.stats import confidence_of, is_enough, levels, mean
from strop.base.budget import Budget, Grant
from strop.base.errors import ConfigurationError, Malformed, SearchOver, TaskError
from strop.base.events import (
    CallsChanged,
    ComparisonBegan,
    Evaluated,
    Event,
    ImproveFinished,
    ProgramRan,
    SearchEnded,
    SuiteRan,
    in_full,
)
from strop.base.later import dataclass
from strop.base.randomness import derive
from strop.base.results import (
    ChangedCalls,
    Evaluation,
    Improvement,
    OtherTests,
    ProgramRuns,
    Verdict,
    fields_of,
    joined,
    runs_joined,
)
from strop.base.solution import NAMED_BY, digest_of
from strop.base.surface import option
from strop.core.metric_change import looked_at, pairs_in
from strop.runs.finding import Cost, Evidence, OwnTests, RefusedCandidate, ScoredProgram
from strop.runs.interrupts import Interrupted
from strop.runs.patching.result_files import RETURNED_SCOPE, BestSoFar, Standings, keep_construction, keep_result
from strop.runs.patching.source_files import SourceFiles, of_seed
from strop.runs.run_data import RunData, read_run
from strop.runs.scopes import ORIGINAL_PROGRAM, ORIGINAL_TESTS, comparison_at
from strop.runs.sizing import SHARE, planned, repeats_of
from strop.runs.spec import RunSpec
from strop.store import Store
from strop.tasks.command.task import AnyTask
from strop.tasks.function.batch_metrics import CALLS, DEALT
from strop.tasks.objective_facts import SCORE, MetricFacts

if TYPE_CHECKING:
    from strop.core.utility import Utility
    from strop.runs.assembly import Components
    from strop.runs.context import RunContext
    from strop.runs.journal import Journal
    from strop.tasks.function.task import FunctionTask

PAR = 0.5
"""The utility of the original of a command task, by definition."""


Search: TypeAlias = Callable[["RunContext", str], tuple[Improvement, int]]
"""Searches for a better program than a given one. Returns how the search ended, and the number of the comparison that follows."""


@dataclass(frozen=True)
class HeldOut:
    """The held-out instances of a comparison."""

    instances: int = 0
    """Their number at most; 0 for as many as the task says, or as training shows to be enough."""
    measured: int = 0
    """How many of them a record measured; 0 for as many as a look shows to be enough."""
    secret: bytes = b""
    """What they are drawn from; empty for the secret of the run."""
    said: tuple[str, ...] = ()
    """Lines about what scores the programs, for the user."""


UNPLANNED = HeldOut()
"""Held-out instances whose number nobody set."""


def improve_once(
    context: RunContext,
    search: Search,
    original: SourceFiles | None,
    held: HeldOut = UNPLANNED,
    *,
    draws_late: bool = False,
) -> None:
    """Let `search` look for a better program, and compare its result with the original on the held-out split.

    The record's folder holds the best candidate at any time, and the result with its diff before the held-out split is touched.

    Args:
        original: the user's files that the search starts from; None for the task's own seed.
        held: the held-out instances, if a record has them. Otherwise training shows how many are enough.
        draws_late: whether the held-out instances are drawn from a secret that does not exist before the candidate is recorded,
            because the searcher may know the secret of the run.

    Raises:
        ConfigurationError: the program to start from does not run.
        TaskError: the task's own seed solution does not run.
        Interrupted: the user stopped it.
        StropError: the host failed. Completed work is kept.
    """
    task, journal, run, spec = context.parts.task, context.journal, context.run, context.parts.spec
    began = original or of_seed(task.seed)
    initial = began.program
    journal.also_tell(BestSoFar(context.folder, began, journal.recorded(Evaluated, SuiteRan)))
    train = context.utility("train")
    measured = train.evaluate(initial, run.child("original").child("train"))
    check_runs(context.parts, original, measured)
    before, trial = _test_original(context, began), _try_program(context, began)
    improvement, number = search(context, initial)
    improvement = _written(improvement, began)
    _score_returned(improvement, began, train, run, journal)
    budget = run.child(comparison_at(number)) if number > 1 else run
    candidate = _tested_program(context, improvement, began, before, budget, exactly=draws_late)
    keep_result(context.folder, began, candidate)
    if candidate != initial:
        is_constant = task.root is not None and not (task.objective.counts_cost or measured.original_varies)
        first = Standings(journal.recorded(Evaluated), began).first.get(candidate) if is_constant else None
        seconds = _score_improved(context, candidate, first, budget)
        held = _held_out(
            context, candidate, budget, held, partial(planned, context, budget, seconds, number), draws_late
        )
        if compare(context, candidate, held, number) and trial is not None and not trial.failed:
            from strop.runs.whole_program import run_program  # here for the start-up time

            run_program(context, began, candidate, trial, budget.child("improved"), confidence_of(number, spec.family))
    keep_construction(context.folder, task.name, task.problem, journal.recorded(Evaluated))


def _test_original(context: RunContext, original: SourceFiles) -> SuiteRan | None:
    """The run of the user's tests on the original; None without tests. Raises ConfigurationError if no test passes."""
    if not context.parts.task.test:
        return None
    from strop.runs.own_tests import tested_original  # here for the start-up time

    return tested_original(context, original)


def _try_program(context: RunContext, original: SourceFiles) -> ProgramRan | None:
    """Two runs of the recorded commands on the original; None without recorded calls."""
    if not context.parts.task.facts.commands:
        return None
    from strop.runs.whole_program import tried_program  # here for the start-up time

    return tried_program(context, original)


def _tested_program(
    context: RunContext,
    improvement: Improvement,
    original: SourceFiles,
    before: SuiteRan | None,
    budget: Budget,
    *,
    exactly: bool,
) -> str:
    """The improved program: the best one that fails no test that passed `before`. If `exactly`, the program that the search
    returned comes first, even if another one is better in training."""
    refused: list[SuiteRan] = []
    while True:
        candidate = _improved_program(improvement, original, [*context.journal.recorded(Evaluated), *refused])
        if exactly and improvement.solution is not None and not refused:
            candidate = improvement.solution
        if candidate == original.program or before is None:
            return candidate
        from strop.runs.own_tests import tested_candidate  # here for the start-up time

        refused.append(tested_candidate(context, original, candidate, before, budget))
        if not refused[-1].failing:
            return candidate


def searched(context: RunContext, initial: str, *, improver: str) -> tuple[Improvement, int]:
    """The search of an improver, which returns a solution or ends early. A `Search`.

    Raises:
        SearchOver: it ended before a candidate was evaluated.
    """
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
        if not {*Standings(context.journal.recorded(Evaluated)).first} - {initial}:
            raise
        return Improvement(None, detail=over.detail), context.ended("improve", over)
    return improvement, len(host.past.ends) + 1


def no_search(context: RunContext, initial: str, *, candidate: str) -> tuple[Improvement, int]:
    """The result of no search: the only candidate is `candidate`, which exists already. A `Search`."""
    improvement = Improvement(candidate)
    context.record(ImproveFinished(**fields_of(Improvement, improvement), scope="improve"))
    return improvement, 1


def _beside(improved: ScoredProgram | None, metric: MetricFacts) -> Evaluation | None:
    """The evaluation of the original on the held-out split, as it was measured beside the candidate; None if it was not."""
    if improved is None or not (rows := improved.last.original_metrics):
        return None
    scores = tuple(row[SCORE] if metric.is_score else PAR for row in rows)
    ok: Verdict = "ok"
    return Evaluation(mean(scores), ok, scores, (ok,) * len(scores), metrics=rows)


def _written(improvement: Improvement, original: SourceFiles) -> Improvement:
    """The improvement with its solution in normal form. If the solution is not a program of these files, the improvement has
    failed."""
    if improvement.solution is None:
        return improvement
    try:
        return replace(improvement, solution=original.normal(improvement.solution))
    except Malformed as error:
        reason = f"what it returned is not a program of these files: {error}"
        return replace(improvement, solution=None, outcome="malformed", detail=reason)


def _score_returned(
    improvement: Improvement, original: SourceFiles, train: Utility, run: Budget, journal: Journal
) -> None:
    """Score the returned program in training, outside the budget, so that it can be compared with the best candidate. This
    happens only if the improver did not evaluate it, and did evaluate a better candidate than the original."""
    standings, returned = Standings(journal.recorded(Evaluated), original), improvement.solution
    if returned is not None and standings.mean(returned) == -math.inf and standings.best is not None:
        train.evaluate(returned, run.child("returned").child("train"))


def _score_improved(context: RunContext, candidate: str, earlier: Evaluated | None, budget: Budget) -> float:
    """Score the improved program in training at the comparison's `budget`. Returns the wall seconds that this takes.

    `earlier` is its first evaluation, which is used again if scores do not vary; None if they vary.
    """
    budget, began = budget.child("improved").child("train"), context.journal.clock()
    if earlier is not None:
        context.journal(
            replace(earlier, scope=budget.path, solution=candidate, cpu_seconds=0.0, seconds=(), wall_seconds=0.0)
        )
        return earlier.wall_seconds
    context.utility("train").evaluate(candidate, budget)
    return context.journal.clock() - began


def _improved_program(improvement: Improvement, original: SourceFiles, events: Iterable[Event]) -> str:
    """The improved program: the returned one, or the best candidate if its mean training value is higher or nothing was returned,
    or else the original. Programs that fail tests of the user's are left out."""
    standings, returned = Standings(events, original), improvement.solution
    returned = None if returned is None or standings.is_out(returned) else returned
    best = standings.best
    if best is None:
        return original.program if returned is None else returned
    return best if returned is None or standings.mean(returned) < standings.mean(best) else returned


def recorded(run: RunData, original: SourceFiles | None = None) -> Evidence | None:
    """The result in a record; None if the run ended before it."""
    facts = run.meta.objective
    results = {scope: in_full(event, run.text) for scope, event in run.results.items()}
    before, improved = results.get("original/train"), _improved_of(results)
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
        not run.meta.candidate,
        None if spec is None else spec.least,
        run.comparison,
        1 if spec is None else spec.family,
        () if improved is None else began.removed(improved.text),
        _own_tests(suites, refused),
        None if run.changed_calls is None else ChangedCalls(**fields_of(ChangedCalls, run.changed_calls)),
        _program_of(run),
    )
    others = sum(one.text != before.solution for one in candidates)
    cost = Cost(end.lm_calls, run.costs.total.responses, end.utility_calls, others)
    start = ScoredProgram(before.solution, _evaluation(before), _beside(improved, facts.metric))
    evidence = Evidence(improvement, start, improved, cost, facts, *more)
    return None if evidence.awaits_program else evidence


def _own_tests(suites: Sequence[SuiteRan], refused: Sequence[SuiteRan]) -> OwnTests | None:
    """The result of the user's tests by these runs; None if they did not run."""
    first = next((one for one in suites if one.scope == ORIGINAL_TESTS), None)
    if first is None:
        return None
    out = (RefusedCandidate(digest_of(one.solution), one.failing, one.output) for one in refused)
    return OwnTests(passed=first.count, refused=tuple(out), **fields_of(OtherTests, first))


def _program_of(run: RunData) -> ProgramRuns | None:
    """The runs of the recorded commands: both programs', or else the trial of the original; None if there are none."""
    of_both = [event for scope, event in run.programs.items() if scope != ORIGINAL_PROGRAM]
    events = of_both or list(run.programs.values())
    return runs_joined([ProgramRuns(**fields_of(ProgramRuns, event)) for event in events]) if events else None


def candidates_of(tried: Iterable[Evaluated]) -> tuple[ScoredProgram, ...]:
    """Each candidate of these training evaluations once, as it was first evaluated, the best first."""
    standings = Standings(tried)
    return tuple(
        ScoredProgram(text, _evaluation(standings.first[text])) for text in sorted(standings.first, key=standings.rank)
    )


def _improved_of(results: Mapping[str, Evaluated]) -> ScoredProgram | None:
    train, test = results.get("improved/train"), results.get("improved/test")
    if train is None or test is None or train.solution is None:
        return None
    return ScoredProgram(train.solution, _evaluation(train), _evaluation(test))


def _evaluation(event: Evaluated) -> Evaluation:
    return Evaluation(**fields_of(Evaluation, event))


def check_runs(parts: Components, original: SourceFiles | None, evaluation: Evaluation) -> None:
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


def _held_out(
    context: RunContext, candidate: str, budget: Budget, held: HeldOut, plan: Callable[[int], int], draws_late: bool
) -> HeldOut:
    """The held-out instances of the comparison at `budget`: those of the record if it has them, otherwise those of `held`, or as
    many as `plan` says."""
    if context.parts.spec.least is None:
        return replace(held, instances=plan(held.instances))
    scope = budget.child("improved").child("instances").path
    begun = (event for event in context.journal.recorded(ComparisonBegan) if event.scope == scope)
    if (event := next(begun, None)) is None:
        secret = held.secret or (os.urandom(32) if draws_late else b"")
        size, remarks = plan(held.instances), held.said
        if draws_late and not held.secret:
            remarks = (f"compared: {digest_of(candidate)[:NAMED_BY]}", *remarks)
        event = ComparisonBegan(scope=scope, solution=candidate, instances=size, secret=secret.hex(), said=remarks)
    context.record(event)
    return replace(held, instances=event.instances, secret=bytes.fromhex(event.secret))


def compare(context: RunContext, improved: str, held: HeldOut = UNPLANNED, number: int = 1) -> bool:
    """Measure a program beside the original on held-out instances, as the `number`th comparison of the run. Returns whether it is
    better."""
    budget = context.run.child(comparison_at(number)) if number > 1 else context.run
    confidence = confidence_of(number, context.parts.spec.family)
    measured = _looked(context, improved, held, number, budget.child("improved").child("test"), confidence)
    found = looked_at(context.parts.task.facts, measured, confidence=confidence) if measured.verdict == "ok" else None
    if found is None or found.verdict != "better":
        return False
    _note_changed(context, improved, budget.child("changed").path)
    return True


def _looked(
    context: RunContext, program: str, held: HeldOut, number: int, budget: Budget, confidence: float
) -> Evaluation:
    """The evaluation of a program beside the original, which ends at the look that shows enough. Each part is an event of its
    own, so that a resumed run goes on after it; a replay measures as many pairs as the record has."""
    from strop.evaluation.base import Part  # here for the start-up time

    task = context.parts.task
    trained = [one for one in context.journal.recorded(Evaluated) if one.split == "train"]
    count = held.instances or task.count("test")
    repeats = repeats_of(task, trained, count)
    row: Mapping[str, float] = next((one.metrics[0] for one in trained if one.metrics), {})
    calls, is_dealt = int(row.get(DEALT, row.get(CALLS, 0.0))), DEALT in row
    part = Part(held.instances, 0, min(levels(count, confidence)), repeats, calls, is_dealt)
    parts = list[Evaluation]()
    while True:
        part = part._replace(until=min(part.until, held.measured or part.until))
        utility = context.held_out(part, number, held.secret)
        parts.append(utility.evaluate(program, budget.child(str(len(parts) + 1)) if parts else budget))
        measured = joined(parts)
        pairs = pairs_in(task.facts, measured)
        later = [after for after in levels(measured.planned or 1, confidence) if after > pairs]
        is_over = not later or pairs < min(part.until, measured.planned) or pairs == held.measured
        if is_over or (not held.measured and _is_enough(task, measured, confidence)):
            return measured
        part = part._replace(instances=measured.planned, first=pairs, until=later[0])


def _is_enough(task: AnyTask, measured: Evaluation, confidence: float) -> bool:
    """Whether a comparison may end after these pairs."""
    found = looked_at(task.facts, measured, confidence=confidence)
    if found is None or (measured.verdict != "ok" and not task.facts.metric.is_score):
        return measured.verdict != "ok"
    return is_enough(found.change, is_ratio=found.scale == "ratio") or (found.deterministic and bool(found.change.mean))


def _note_changed(context: RunContext, candidate: str, scope: str) -> None:
    """Record how a better program behaves in calls with changed arguments, unless that is recorded. An error here fails
    nothing."""
    task = context.parts.task
    is_known = any(event.scope == scope for event in context.journal.recorded(CallsChanged))
    if is_known or not task.facts.commands:  # no calls were recorded
        return
    from strop.evaluation.functions.changed import compare_changed

    context.observer.say("comparing calls with changed arguments")
    try:
        changed = compare_changed(cast("FunctionTask", task), candidate, derive(context.parts.secret, scope))
    except (Interrupted, SearchOver):
        raise
    except Exception as error:  # noqa: BLE001 (a note fails nothing)
        changed = ChangedCalls(0, 0, detail=(f"{error}" or type(error).__name__).splitlines()[0][:300])
    context.record(CallsChanged(**fields_of(ChangedCalls, changed), scope=scope))


def held_out_in(store: Store) -> HeldOut:
    """The held-out instances of the last comparison in a record."""
    run = read_run(store)
    compared = run.results.get("improved/test")
    measured = 0 if compared is None else pairs_in(run.meta.objective, compared)
    for stored in reversed([*store.events(ComparisonBegan)]):
        event = stored.event
        return HeldOut(event.instances, measured, bytes.fromhex(event.secret), event.said)
    return HeldOut(0 if compared is None else compared.planned, measured)


def check_enough(spec: RunSpec, task: AnyTask) -> None:
    """Raises ConfigurationError if the final comparison could show no difference, because too little is held out."""
    from strop.checks.held_out import too_few

    if few := too_few(task, is_published=spec.instances == "published"):
        raise ConfigurationError(f"task {task.name}: {few}")
