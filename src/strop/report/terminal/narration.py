"""A run as lines of text, one for each step that matters to a viewer; never one for an evaluation."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping

from strop.analysis.audit import RULES
from strop.analysis.audit.runtime import BUDGET_REFUSED
from strop.base import budget
from strop.base.errors import dollars
from strop.base.events import (
    AuditNoted,
    BudgetMoved,
    Compared,
    Evaluated,
    Event,
    IterationFinished,
    IterationStarted,
    LmFault,
    RunFinished,
    outlined,
)
from strop.base.pluralize import quantity
from strop.base.solution import NAMED_BY, digest_of, short
from strop.base.terminal_text import escape
from strop.core.selection.gated import BEST, CEILING_VALUES
from strop.evaluation.feedback import failure, gist
from strop.report.terminal.lineage import candidate_score
from strop.report.terminal.live_state import LiveState, compared, held_out
from strop.report.terminal.words import counted, duration
from strop.runs.claims.numbers import over_tasks
from strop.runs.run_data import RunData
from strop.runs.scopes import is_candidate, is_last, is_meta_candidate, iteration_of
from strop.tasks.paper.facts import FOLDERS, facts

_MOST_FAULTS = 10
"""Faults of one iteration that get a line; the others are counted: a guest can cause thousands."""

_GATE_STEP = 5
"""Pairs of a gate between two lines."""


_ABOUT = 0.005
"""How far below the best known score û may be to count as reaching it: a run draws other instances than the published ones."""


class Narration:
    """Describes events, given the state of the run. Not locked."""

    def __init__(
        self, state: LiveState, score: Callable[[Evaluated], str] | None = None, *, folds: bool = True
    ) -> None:
        """`score` puts the score of a candidate of strop improve into words; by default the utility. `folds`: of failures of the
        same kind only the first, the second, the fourth, the eighth and so on have a line."""
        self.state = state
        self.score = score or (lambda event: f"{event.value:.3f}")
        """The score of a candidate of strop improve, as text."""
        self._folds = folds
        self._failures: Counter[tuple[str, str]] = Counter()
        """Candidates of strop improve that failed, by verdict and kind."""
        self._faults = 0
        """Faults of the current iteration."""
        self._rules: set[str] = set()
        self._pairs = 0
        """Pairs of the current gate at the last line about it."""

    def line(self, event: Event) -> str | None:
        """The line for `event`, which `state` already counts; None if it needs none."""
        match event:
            case IterationStarted():
                self._faults = self._pairs = 0
                return _started(event)
            case Evaluated() if self.state.gate is not None and "/gate/" in event.scope:
                return self._gate_line()
            case Evaluated() if event.scope.startswith("original/test"):
                return compared(self.state.run) or None
            case BudgetMoved(counter=budget.HELD_OUT, limit=int(limit)):
                # Ten lines at most, however many instances there are.
                step = max(1, math.ceil(limit / 10))
                return held_out(event) if event.used % step == 1 % step else None
            case Compared():
                self._pairs = 0
                return _compared(event)
            case IterationFinished():
                ceiling = at_ceiling(event, self.state.recipe)
                return finished(event) + (f"; {ceiling}" if ceiling else "")
            case LmFault(index=-1):  # the error that ends the work reports it
                return None
            case LmFault():
                return self._fault(event)
            case AuditNoted():
                return None if event.rule == BUDGET_REFUSED else self._first_of_rule(event)  # good improvers ask, too
            case Evaluated() if is_candidate(event):
                return self._tried(event)
            case RunFinished():
                # The error that ends the work is printed after this line, with the reason.
                detail = f": {event.detail}" if event.detail and event.status not in ("failed", "budget") else ""
                status = "stopped at a limit" if event.status == "budget" else event.status
                return escape(f"run {status}{detail}; {tally(self.state.run)}", limit=400)
            case _:
                return self._candidate(outlined(event)) if is_meta_candidate(event) else None

    @property
    def best(self) -> str:
        """The best candidate of strop improve so far, and its score."""
        best = self.state.best_tried
        return "none better than the original" if best is None else f"{_name(best)}: {self.score(best)}"

    def _tried(self, event: Evaluated) -> str | None:
        """One candidate, its score or why it failed, and the cost so far."""
        kind, times = failure(event.verdict, event.error), 0
        if event.verdict != "ok":
            self._failures[event.verdict, kind] += 1
            times = self._failures[event.verdict, kind]
        if self._folds and times & (times - 1):
            return None
        state, total = self.state, self.state.run.costs.total
        of = state.recipe.get("utility_budget")
        best = " (best)" if event is state.best_tried else ""
        same = kind if kind != event.verdict else gist(event.error)[:160] or kind
        why = f" ({same}, {times} times so far)" if self._folds and times > 1 else _why(event)
        result = f"{event.verdict}, {self.score(event)}{best}" if event.verdict == "ok" else f"{event.verdict}{why}"
        spent = [f"{state.tried} of {of} evaluations" if isinstance(of, int) else quantity(state.tried, "evaluation")]
        spent.append(quantity(total.lm_calls, "LM call"))
        if total.cost:
            spent.append(dollars(total.cost))
        return escape(f"candidate {_name(event)}{self._origin(event)}: {result}, {', '.join(spent)}", limit=400)

    def _origin(self, event: Evaluated) -> str:
        """Where a candidate comes from, if that is known: ` (the original)`, ` (answer 3)`."""
        original, answer = self.state.original, self.state.answer_of(event.solution)
        if original is not None and event.solution == original.solution:
            return " (the original)"
        return "" if answer is None else f" (answer {answer})"

    def _candidate(self, event: Evaluated) -> str:
        best = ", best so far" if event == self.state.best else ""
        name = f"t = {iteration_of(event.scope)}: candidate {self.state.candidates_seen}, {short(event.solution)}"
        return f"{name}: {event.verdict}, {candidate_score(event)}{best}"

    def _gate_line(self) -> str | None:
        """The state of a gate, once in `_GATE_STEP` pairs."""
        gate = self.state.gate
        pairs = len(gate.differences) if gate is not None else 0
        if gate is None or pairs // _GATE_STEP == self._pairs // _GATE_STEP:
            return None
        self._pairs = pairs
        return f"last comparison: {gate.words}" if gate.is_last else f"t = {self.state.t}: gate: {gate.words}"

    def _first_of_rule(self, event: AuditNoted) -> str | None:
        """The first note of a rule in a run; the table at the end counts all of them."""
        if event.rule in self._rules:
            return None
        self._rules.add(event.rule)
        return escape(f"{_noted(event)} (from now on only counted)", limit=400)

    def _fault(self, event: LmFault) -> str | None:
        self._faults += 1
        if self._faults > _MOST_FAULTS:
            return "fault: more of this iteration are only counted" if self._faults == _MOST_FAULTS + 1 else None
        repeated = f" ({event.times} in a row)" if event.times > 1 else ""
        where = f"{event.scope} call {event.call} attempt {event.attempt}{repeated}"
        return escape(f"fault: {event.fault} at {where}: {event.detail}")


def _name(event: Evaluated) -> str:
    return digest_of(event.solution)[:NAMED_BY] if event.solution is not None else "none"


def _why(event: Evaluated) -> str:
    reason = gist(event.error)
    return f" ({reason[:160]})" if reason else ""


def _compared(event: Compared) -> str:
    n = max(len(event.differences), 1)
    low, high = event.interval
    verdict = "accepted" if event.accepted else "rejected"
    what = f"t = {event.t}: gate: candidate {verdict}"
    if is_last(event.scope):
        what = f"last comparison, I_{event.t} minus I_0 on sealed instances"
    return (
        f"{what}: {sum(event.differences) / n:+.3f} ({low:+.3f} to {high:+.3f}) in {n} of "
        f"{quantity(event.most, 'pair')}, evidence {event.e_value:.3g} of {event.threshold:.3g}; "
        f"{quantity(event.lm_calls, 'LM call')}, {quantity(event.evaluations, 'evaluation')}"
        + ("; stopped early: the threshold is hardly in reach (futility)" if event.futile and low <= 0 <= high else "")
    )


def finished(event: IterationFinished) -> str:
    """How an iteration ended."""
    outcome = f"I_{event.t} is {digest_of(event.improver)[:NAMED_BY]}"
    if event.t > 0:
        outcome += ", new" if event.accepted else f", kept ({_short(event.reason)})" if event.reason else ", kept"
    scores = f"train {over_tasks(event.train, event.tasks)}, test {over_tasks(event.test, event.tasks)}"
    cost = (
        f"{quantity(event.lm_calls, 'LM call')}, {quantity(event.evaluations, 'evaluation')}, {duration(event.seconds)}"
    )
    return escape(f"t = {event.t} finished: {scores}; {outcome}; {cost}", limit=400)


def _short(reason: str) -> str:
    """A reason without the figures of the gate, which the line before has."""
    return reason.partition(": difference ")[0]


def at_ceiling(event: IterationFinished, recipe: Mapping[str, object]) -> str:
    """A warning that the seed improver leaves little or nothing to gain; empty if that is unknown or the run ends anyway."""
    if event.t > 0 or not event.train:
        return ""
    if min(event.train) >= BEST:
        ends = recipe.get("selection") != "paper" and len(event.train) >= CEILING_VALUES
        return (
            ""
            if ends
            else "the seed improver already reaches the best possible score; nothing can be gained on this task"
        )
    task, value = str(recipe.get("task", "")), sum(event.train) / len(event.train)
    if task not in FOLDERS or event.tasks or value < facts(task).best["train"] - _ABOUT:
        return ""
    best = f"the best known score of {task}, {facts(task).best['train']:.3f} ({facts(task).reference})"
    return f"the seed improver already reaches about {best}; little or nothing can be gained"


def tally(run: RunData) -> str:
    """The totals of a run, in one line."""
    of_candidates = sum(is_candidate(event) for event in run.candidates)
    asked = f"{of_candidates} of candidates; " if of_candidates else ""
    unused = f", {run.unused_evaluations} speculative ones discarded" if run.unused_evaluations else ""
    return (
        f"LM calls {run.costs.total.lm_calls}, evaluations {run.evaluations} ({asked}{counted(run.verdicts)}{unused}), "
        f"faults {run.faults.total()}, audit notes {run.notes.total()}"
    )


def _noted(event: AuditNoted) -> str:
    rule = RULES.get(event.rule)
    name = f"{event.rule} {rule.title}" if rule is not None else event.rule
    line = "" if event.line is None else f", line {event.line}"
    times = "" if event.times == 1 else f", {event.times} times"
    return f"audit note: {name}{times}, at {event.scope}{line}: {event.detail}"


def _started(event: IterationStarted) -> str:
    name = digest_of(event.improver)[:NAMED_BY]
    return f"t = 0: measuring the seed improver {name}" if event.t == 0 else f"t = {event.t}: {name} improves itself"
