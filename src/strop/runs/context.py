"""The context of a run, which wires its components to one recorder and one budget, and the session in which it works."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from functools import partial
from pathlib import Path

from strop.analysis.stats import confidence_of, least_pairs
from strop.base.budget import HELD_OUT, LM_CALLS, Budget, Grant
from strop.base.errors import SearchOver, TaskError
from strop.base.events import BudgetMoved, SearchEnded
from strop.base.randomness import derive
from strop.core.handles import Host
from strop.core.meta_utility import Downstream, MetaUtility
from strop.core.search import SearchState
from strop.core.selection import Gate, make_selection
from strop.core.selection.comparison import Selection
from strop.core.utility import TaskUtility
from strop.evaluation.base import LEAST_BATCHES, WHOLE, Order, Part
from strop.runs.assembly import UNOBSERVED, Components, Observer, editing_of
from strop.runs.evaluators import improvers_at_once
from strop.runs.journal import Journal
from strop.runs.scopes import comparison_at, comparison_of
from strop.runs.spec import RunSpec
from strop.runs.texts import meta_description
from strop.tasks.base import PublishedSeeds, SecretSeeds, Seeds, Split
from strop.tasks.command.task import AnyTask

NOTHING_FOUND = "--finish: nothing can be compared yet; everything so far is kept"


class RunContext:
    """The components of a run with one recorder and one budget."""

    def __init__(self, parts: Components, journal: Journal, observer: Observer = UNOBSERVED) -> None:
        """`journal` records events, and has the content of a record that is resumed. `observer` shows progress that no event
        records."""
        self.parts = parts
        self.observer = observer
        self.journal = journal
        self.record = journal
        recalled = journal.recalled
        self.run = run = Budget(parts.spec.limits(), on_movement=self.record)
        """Pays for everything; its movements are recorded."""
        if parts.meter is not None:
            parts.meter.spend_in(run)
        if recalled:
            run.recall(recalled.past.granted, frozenset({LM_CALLS}))
            for counter, amount in recalled.money.items():
                run.restore(counter, amount)
        else:
            run.recall(parts.past.granted)
        past = recalled.past if recalled else parts.past
        editing = editing_of(parts.spec, parts.language_model)
        services = parts.sandbox, parts.language_model, journal, parts.secret
        over = SearchOver(past.last.by, past.last.detail) if past.last is not None else None
        finish = SearchOver("finish", "--finish was given", NOTHING_FOUND) if parts.finish else None
        search = SearchState(over, finish)
        self.host = Host(*services, past=past, editing=editing, reader=parts.reader, search=search)
        # All tasks of a record share them.
        self._slots = threading.Semaphore(improvers_at_once(parts.spec))
        if parts.evaluator is not None:
            # A later comparison measures the original on instances of its own.
            before = [one for one in past.evaluations.values() if not (past.ends and comparison_of(one.scope)[0])]
            # The tasks of `parts` may use the trees in the record, which the user's edits do not change.
            parts.evaluator.relocate(parts.tasks, self._measured)
            parts.evaluator.recall(before, SecretSeeds(parts.secret))

    @property
    def folder(self) -> Path:
        """The folder of the record."""
        return self.journal.folder

    def of(self, task: AnyTask, budget: Budget) -> RunContext:
        """The context of one task, paid by `budget`, whose path must be unique: randomness derives from it."""
        other = copy(self)
        other.parts, other.run = replace(self.parts, tasks=(task,)), budget
        return other

    def utility(self, split: Split, *, is_final: bool = False) -> TaskUtility:
        """The task's utility on a split. `is_final`: as in `Order`."""
        published = self.parts.spec.instances == "published"
        seeds: Seeds = PublishedSeeds() if published else SecretSeeds(self.parts.secret)
        return self._utility(split, seeds, is_final)

    def held_out(self, part: Part = WHOLE, number: int = 1, secret: bytes = b"") -> TaskUtility:
        """The task's utility on a part of the held-out instances, for the `number`th comparison.

        `secret` is what they are drawn from; empty for the secret of the run. Each comparison draws its own instances. Listed
        cases have the same held-out half in each.
        """
        utility = self.utility("test", is_final=True)
        if secret:
            utility = replace(utility, secret=secret)
        if (secret or number > 1) and self.parts.task.input != "listed":
            fresh = SecretSeeds(secret) if secret else self._fresh(comparison_at(number))
            utility = replace(utility, seeds=replace(fresh, training=utility.seeds))
        return replace(utility, part=part._replace(batches=batches_of(self.parts.spec, number)))

    def fresh_utility(self, name: str, split: Split = "gate") -> TaskUtility:
        """The task's utility on as many instances as a split has, drawn for `name` alone and never published."""
        return self._utility(split, self._fresh(name))

    def _fresh(self, name: str) -> SecretSeeds:
        return SecretSeeds(derive(self.parts.secret, "fresh", name).to_bytes(32))

    def begin_again(self) -> None:
        """Record each early end of the search that came before, unless it is recorded already."""
        for end in self.host.past.ends:
            self.record(end)

    def ended(self, scope: str, over: SearchOver, of: str = "") -> int:
        """Record an early end of the search, in an outermost scope. Returns how many there have been so far.

        `of` is the digest of the program that is to be compared; empty for the best. If a resumed run made no new request, its
        earlier end counts only once.
        """
        tally, ends = self.journal.tally(scope), self.host.past.ends
        event = SearchEnded(
            scope=scope, by=over.by, detail=over.detail, lm_calls=tally.lm_calls, utility_calls=tally.evaluations, of=of
        )
        if not (is_known := bool(ends) and replace(ends[-1], by=over.by, detail=over.detail) == event):
            self.record(event)
        if over.by != "verdict":
            self.journal.detail = f"the search ended early: {(ends[-1] if is_known else event).detail}"
        return len(ends) + (not is_known)

    def _utility(self, split: Split, seeds: Seeds, is_final: bool = False) -> TaskUtility:
        parts = self.parts
        return TaskUtility(
            parts.task,
            split,
            seeds,
            parts.sandbox,
            self.record,
            parts.secret,
            self.host.past,
            parts.evaluator,
            is_final=is_final,
            part=WHOLE._replace(batches=batches_of(parts.spec)),
        )

    def selection(self) -> Selection:
        """The selection of the spec."""
        spec = self.parts.spec
        gate = Gate(spec.gate_error, max(spec.iterations, 1), spec.gate_pairs)
        return make_selection(spec.selection, gate, random.Random(derive(self.parts.secret, "selection")))

    def check_seed(self) -> None:
        """Score the seed solution of each task once, before anything is spent on improving it.

        Raises:
            TaskError: a seed solution does not run, or its answers cannot be scored. It may be useless, and slow if the task
                says so.
        """
        task, budget = self.parts.task, self.run.child("seed")
        evaluation = self.utility("train").evaluate(task.seed, budget)
        if not task.can_start(evaluation):
            reason = evaluation.error.split("\n")[0]
            raise TaskError(f"task {task.name}: its seed solution does not run: {reason}")
        for other in self.parts.tasks[1:]:
            self.of(other, budget.child(other.name)).check_seed()

    def meta_utility(self, pairs: Split = "gate") -> MetaUtility:
        """û over |D| copies, equally many of each task, task by task. `pairs` is the split that scores the pairs of a
        comparison."""
        spec = self.parts.spec
        contexts = [self] + [self.of(task, self.run) for task in self.parts.tasks[1:]]
        return MetaUtility(
            downstream=[
                downstream for context in contexts for downstream in [context._downstream(pairs)] * spec.copies
            ],
            description=meta_description(spec),
            grant=Grant(spec.utility_budget, spec.lm_budget, spec.max_responses, spec.slack),
            host=self.host,
            slots=self._slots,
            is_strict=spec.selection == "paper",
            reports=spec.meta_utility == "full",
        )

    def _downstream(self, pairs: Split) -> Downstream:
        fresh = partial(self.fresh_utility, split=pairs)
        of_copy = partial(self.fresh_utility, split="train") if self.parts.spec.meta_utility == "full" else None
        return Downstream(self.utility("train"), self.utility("test"), self.parts.task.seed, fresh, of_copy)

    def _measured(self, order: Order, number: int, count: int) -> None:
        """Record that a measurement for a verdict begins."""
        scope = f"{order.scope}/instances"
        self.record(BudgetMoved(scope=scope, counter=HELD_OUT, amount=1, granted=True, used=number, limit=count))


def batches_of(spec: RunSpec, number: int = 1) -> int:
    """The least number of batches of listed calls, of which the `number`th comparison of a run can show a difference."""
    return max(LEAST_BATCHES, least_pairs(confidence_of(number, spec.family)))


@contextmanager
def session(parts: Components, journal: Journal, observer: Observer = UNOBSERVED) -> Iterator[RunContext]:
    """A session of the record of `journal`: the context in which a run does its work, from the session's first event to its last.

    Raises:
        Interrupted: the user stopped it.
        StropError: the host failed.
    """
    context = RunContext(parts, journal, observer)
    with journal.of(parts):
        yield context
