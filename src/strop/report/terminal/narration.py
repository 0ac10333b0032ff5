"""Follows a run in progress: its counts, what it does now, and a line of text for each step that matters to a viewer."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from strop.analysis.audit import BUDGET_REFUSED, rule_of
from strop.analysis.stats import estimate
from strop.base.budget import GATE_PAIRS, HELD_OUT, LM_CALLS, META_UTILITY_CALLS
from strop.base.events import (
    AuditNoted,
    BudgetMoved,
    Compared,
    ComparisonBegan,
    Evaluated,
    Event,
    ImproveFinished,
    ImproveStarted,
    IterationFinished,
    IterationStarted,
    Judged,
    LmCalled,
    LmFault,
    LmResponded,
    ProgramRan,
    RunFinished,
    SuiteRan,
    outlined,
)
from strop.base.failures import failure, gist
from strop.base.pluralize import quantity
from strop.base.solution import NAMED_BY, digest_of
from strop.base.terminal_text import escape
from strop.report.terminal.phrases import counted, duration
from strop.runs.claims.numbers import between, in_words, written
from strop.runs.patching.result_files import ORIGINAL_SCOPE, Standings
from strop.runs.results.parts import sample
from strop.runs.run_data import RunData
from strop.runs.scopes import ORIGINAL_PROGRAM, ORIGINAL_TESTS, is_candidate, is_final, is_meta_candidate, iteration_of

_OWN_BUDGET = re.compile(r"[^/]+/improve(?:/handles)?")
"""Scope of the budgets of a self-improvement; the improvements that it tries have scopes below it."""
_MOST_LINES = 10
"""Lines about the progress of one comparison."""
SLOW = 10.0
"""Seconds of silence after which a view says what the run waits for."""


class Narration:
    """Counts events (`add`), and describes them (`line`). Not locked: callers on several threads must hold a lock.

    Adding an event costs a few dictionary operations, because it runs on the thread that recorded the event. Failures of a kind,
    faults and notes of a rule may repeat: they have a line the first time, and again whenever their number has doubled.
    """

    def __init__(
        self, score: Callable[[Evaluated], str] | None = None, warning: Callable[[Evaluated], str] = lambda event: ""
    ) -> None:
        """`score` returns the score of a candidate of strop improve as text; by default its utility. `warning` returns what the
        user should know when the original has been evaluated in training; empty: nothing."""
        self.warning = warning
        self.score = score or (lambda event: f"{event.value:.3f}")
        """The score of a candidate of strop improve, as text."""
        self.run = RunData(alive=True)
        """All counts so far; texts are digests."""
        self.t: int | None = None
        self.doing = "scoring the original"
        self.tried = 0
        """Candidates that were evaluated by the current self-improvement, or by strop improve."""
        self.original: Evaluated | None = None
        """The original of strop improve."""
        self.best: Evaluated | None = None
        """The best candidate: in strop improve the candidate whose patch is kept, in a run the first with the highest û."""
        self._standings = Standings()
        self.allowances: dict[str, tuple[int, int]] = {}
        """Counter → use and limit in the current self-improvement."""
        self.spent_before: Counter[str] = Counter()
        """COST, TOKENS and LM_CALLS of earlier sessions, as the run's limits count them."""
        self._in_flight: Counter[tuple[str, int]] = Counter()
        """(scope, call) → requests without a response."""
        self._times: Counter[tuple[str, ...]] = Counter()
        """How often each failure, fault or note happened."""

    def begin_again(self, past: Iterable[Event], spent: Mapping[str, int], notes: Mapping[str, int]) -> None:
        """Count what earlier sessions did: their events, what the run's limits counted, and how often each rule was noted."""
        self.doing = "resuming"
        for event in past:
            self.add(event)
        self.spent_before.update(spent)
        self.run.notes.update(notes)

    def add(self, event: Event) -> None:
        """Count the latest event."""
        self.run.add(event if isinstance(event, LmCalled | LmResponded) else outlined(event))
        match event:
            case Evaluated():
                self._evaluated(event)
            case BudgetMoved(limit=int(limit)):
                self._moved(event, limit)
            case LmCalled():
                self._in_flight[event.scope, event.call] = len(event.messages)
            case LmResponded():
                self._in_flight[event.scope, event.call] -= 1
            case ImproveFinished():
                self._in_flight = Counter({key: n for key, n in self._in_flight.items() if key[0] != event.scope})
            case ImproveStarted(scope=scope) if "/gate/" not in scope:
                self.doing = _doing(scope)
            case IterationStarted():
                self.t, self.tried, self.allowances = event.t, 0, {}
                self.doing = _doing("seed" if event.t == 0 else "t/improve")
            case IterationFinished():
                self.doing = f"iteration {event.t} finished"
            case Judged():
                self.doing = f"judging improvements, {len(self.run.judged):,} so far"
            case RunFinished():
                self.doing = event.status

    @property
    def in_flight(self) -> int:
        """Requests to the language model without a response."""
        return (+self._in_flight).total()

    def waiting(self, quiet: float) -> str:
        """What the run waits for if nothing happened for `quiet` seconds; empty below `SLOW`, except where people respond."""
        inbox = (self.run.spec.model if self.run.spec else "").partition("inbox:")[2]
        if self.in_flight and (inbox or quiet >= SLOW):
            where = f" in {inbox}" if inbox else ""
            return f"waiting for {quantity(self.in_flight, 'response')}{where} for {duration(quiet)}"
        return "" if quiet < SLOW else f"{self.doing}; no evaluation has ended for {duration(quiet)}"

    def line(self, event: Event) -> str | None:
        """The line for `event`, the latest that was added; None if it needs none."""
        match event:
            case IterationStarted(t=0):
                return f"t = 0: measuring the seed improver {named(event.improver)}"
            case IterationStarted():
                return f"t = {event.t}: {named(event.improver)} improves itself"
            case BudgetMoved(counter=counter, limit=int(limit)) if counter in (HELD_OUT, GATE_PAIRS):
                step = max(1, math.ceil(limit / _MOST_LINES))
                return self.doing if event.used % step == 1 % step else None
            case Compared():
                return _compared(event)
            case IterationFinished():
                return _finished(event)
            case LmFault(index=index) if index >= 0:  # below 0, the error that ends the work reports it
                repeated = f" ({event.times} in a row)" if event.times > 1 else ""
                what = f"{event.scope} call {event.call} attempt {event.attempt}{repeated}: {event.detail}"
                return self._repeated(f"fault: {event.fault} at {what}", "fault", event.fault, times=event.times)
            case AuditNoted() if event.rule != BUDGET_REFUSED:  # good improvers ask, too
                return self._repeated(_noted(event), "note", event.rule, times=event.times)
            case Judged():
                number = len(self.run.judged)
                return f"{quantity(number, 'improvement', ',')} judged" if number & (number - 1) == 0 else None
            case Evaluated(scope=scope) if scope == ORIGINAL_SCOPE:
                return self.warning(event) or None
            case Evaluated() if is_candidate(event):
                return self._tried(event)
            case SuiteRan() | ComparisonBegan() | ProgramRan():
                return _tested(event)
            case Evaluated() if is_meta_candidate(event):
                best = ", best so far" if event is self.best else ""
                name = f"t = {iteration_of(event.scope)}: candidate {self.tried}, {named(event.solution)}"
                return f"{name}: {event.verdict}, {candidate_score(event)}{best}"
            case RunFinished():
                # The error that ends the work is printed after this line, with the reason.
                detail = f": {event.detail}" if event.detail and event.status not in ("failed", "budget") else ""
                status = "stopped at a limit" if event.status == "budget" else event.status
                return escape(f"run {status}{detail}; {tally(self.run)}", limit=400)
            case _:
                return None

    @property
    def best_words(self) -> str:
        """The best candidate of strop improve so far, and its score."""
        return f"{named(self.best.solution)}: {self.score(self.best)}" if self.best else "none better than the original"

    def _evaluated(self, event: Evaluated) -> None:
        if event.scope == ORIGINAL_SCOPE:
            self.original = event
        self._standings.add(event)
        if is_candidate(event):
            self.tried += 1
            best = self._standings.best
            self.best = None if best is None else self._standings.first[best]
        elif is_meta_candidate(event):
            self.tried += 1
            if event.verdict == "ok" and (self.best is None or event.value > self.best.value):
                self.best = event

    def _moved(self, event: BudgetMoved, limit: int) -> None:
        if event.counter == HELD_OUT:
            self.doing = f"final comparison, {event.used} of at most {limit}"
        elif event.counter == GATE_PAIRS:
            what = "final comparison" if is_final(event.scope) else f"t = {self.t}: gate"
            self.doing = f"{what}, pair {event.used} of {limit}"
        elif event.counter in (META_UTILITY_CALLS, LM_CALLS) and _OWN_BUDGET.fullmatch(event.scope):
            used, _ = self.allowances.get(event.counter, (0, limit))
            self.allowances[event.counter] = max(used, event.used), limit  # threads may report out of order

    def _tried(self, event: Evaluated) -> str | None:
        """One candidate of strop improve, its score or why it failed, and the cost so far."""
        total, spec = self.run.costs.total, self.run.spec
        spent = [f"{self.tried} of {spec.utility_budget} evaluations" if spec else quantity(self.tried, "evaluation")]
        spent += [quantity(total.lm_calls, "LM call")] if asks(self.run) else []
        if total.cost:
            spent.append(total.in_words)
        is_original = self.original is not None and event.solution == self.original.solution
        first = self._standings.first.get(event.solution or "")
        origin = " (the original)" if is_original else " (again)" if first not in (None, event) else ""
        name, costs = f"candidate {named(event.solution)}{origin}: {event.verdict}", ", ".join(spent)
        if event.verdict == "ok":
            best = " (best)" if event is self.best else ""
            return escape(f"{name}, {self.score(event)}{best}, {costs}", limit=400)
        kind, why = failure(event.verdict, event.error), gist(event.error)[:160]
        line = f"{name} ({why}), {costs}" if why else f"{name}, {costs}"
        return self._repeated(line, event.verdict, kind)

    def _repeated(self, line: str, *kind: str, times: int = 1) -> str | None:
        """`line`, with how often this `kind` of event has happened; None until that number has doubled since the last line."""
        before, after = self._times[kind], self._times[kind] + times
        self._times[kind] = after
        if after.bit_length() == before.bit_length():
            return None
        more = f" ({kind[-1]}, {after} times so far; repeats are not listed)" if before else ""
        return escape(line, limit=400) + escape(more, 150)


def named(program: str | None) -> str:
    """The first digits of a program's digest, which name it in lines; `none` if there is no program."""
    return "none" if program is None else digest_of(program)[:NAMED_BY]


def candidate_score(event: Evaluated) -> str:
    """û of a candidate with its standard error; the bare value if its copies are unknown."""
    return in_words(estimate(event.scores)) if len(event.scores) > 1 else f"{event.value:.3f}"


def _tested(event: SuiteRan | ComparisonBegan | ProgramRan) -> str | None:
    if isinstance(event, ComparisonBegan):
        return f"comparing in at most {quantity(event.instances, 'measurement', ',')}" if event.instances else None
    if isinstance(event, ProgramRan):
        return f"the recorded command {event.in_words}" if event.scope == ORIGINAL_PROGRAM else None
    if event.scope == ORIGINAL_TESTS:
        return f"tests: {event.count} passed before{event.in_words}"
    outcome = f"fails {len(event.failing)}, such as {event.failing[0]}" if event.failing else "passes them"
    return escape(f"tests: the candidate {outcome}", limit=400)


def _doing(scope: str) -> str:
    """The purpose of the improvement at `scope`, as text."""
    first, *inside = scope.split("/")
    match inside:
        case ["measure", *_] if first == "t0":
            return "measuring the seed improver"
        case ["measure" | "check", *_]:
            return "measuring the result of the self-improvement"
        case ["improve"]:
            return "the improver improves itself"
        case ["improve", candidate, *_]:
            return f"trying candidate {candidate.removeprefix('u-').split('#')[0]}"
        case [name, copy] if copy.startswith("copy"):  # of strop eval: task/what/copy
            return f"measuring {name} on {first}"
        case _:
            purposes = {"improver": "measuring the improver", "seed": "measuring the seed improver"}
            return purposes.get(first, "improving" if first == "improve" else scope)


def _compared(event: Compared) -> str:
    size = f"{written(event.mean, sign='+')} ({between(event.interval, '+')})"
    cost = f"{quantity(event.lm_calls, 'LM call')}, {quantity(event.evaluations, 'evaluation')}"
    pairs = quantity(max(len(event.differences), 1), "pair")
    if is_final(event.scope):
        return f"final comparison, I_{event.t} minus I_0 on held-out instances: {size} in {pairs}; {cost}"
    verdict = "the candidate replaces the improver" if event.accepted else "the improver stays"
    evidence = f"evidence {event.e_value:.3g} (threshold {event.threshold:.3g})"
    early = "; stopped: the pairs left were unlikely to reach the threshold (futility)" * event.futile
    return f"t = {event.t}: gate: {verdict}: {size} in û, in {pairs} of {event.max_pairs} at most, {evidence}; {cost}{early}"


def _finished(event: IterationFinished) -> str:
    outcome = f"I_{event.t} is {named(event.improver)}"
    if event.t > 0:
        outcome += ", accepted" if event.accepted else f", kept ({event.reason})" if event.reason else ", kept"
    train, test = (in_words(sample(scores, len(event.tasks) or 1)) for scores in (event.train, event.test))
    cost = (
        f"{quantity(event.lm_calls, 'LM call')}, {quantity(event.evaluations, 'evaluation')}, {duration(event.seconds)}"
    )
    return escape(f"t = {event.t} finished: train {train}, test {test}; {outcome}; {cost}", limit=400)


def asks(run: RunData) -> bool:
    """Whether a run may ask a language model."""
    return run.spec is None or bool(run.spec.model)


def tally(run: RunData) -> str:
    """The totals of a run, in one line."""
    by_improver = sum(is_candidate(event) for event in run.candidates)
    if not asks(run):
        return f"evaluations {run.evaluations} ({counted(run.verdicts)}), audit notes at run time {run.notes.total()}"
    asked = f", of which the improver asked for {by_improver}" if by_improver else ""
    unused = (
        f", evaluations ahead of time that nobody asked for {run.unused_evaluations}" if run.unused_evaluations else ""
    )
    return (
        f"LM calls {run.costs.total.lm_calls}, responses {run.costs.total.responses}, "
        f"evaluations {run.evaluations} ({counted(run.verdicts)}){asked}{unused}, "
        f"faults {run.faults.total()}, audit notes at run time {run.notes.total()}"
    )


def _noted(event: AuditNoted) -> str:
    name = f"{event.rule} {rule_of(event.rule).title}".rstrip()
    times = "" if event.times == 1 else f", {event.times} times"
    return f"audit note: {name}{times}, at {event.scope}: {event.detail}"
