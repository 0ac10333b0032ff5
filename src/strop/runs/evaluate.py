"""Measurements of improvers on tasks (§5.2, Table 1): how they are made and read. Each cell is a measurement at the scope
`TASK/DIGEST`, and all improvers of a task get the same instances."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from strop.analysis.stats import Estimate, decided, group_difference, mean, score_difference, sign_test
from strop.base.concurrency import all_or_error
from strop.base.errors import ConfigurationError, StoreError
from strop.base.events import Evaluated, ImproveFinished, LmResponded
from strop.base.later import dataclass
from strop.base.pluralize import quantity
from strop.base.results import Evaluation, fields_of, means_of
from strop.base.solution import NAMED_BY
from strop.runs.agent import text_for
from strop.runs.claims.improvers import LEVEL, measured_words
from strop.runs.meta import OF_A_STUDY, Named
from strop.runs.record import Record
from strop.runs.results.measured import (
    AGAIN,
    Difference,
    Ending,
    Measured,
    Measurement,
    OverTasks,
    SeedSolution,
)
from strop.runs.results.parts import Sample, noted, sample
from strop.runs.run_data import Spent
from strop.runs.spec import improver_text
from strop.store import Store

if TYPE_CHECKING:
    from strop.runs.context import RunContext

SEED = "seed"
"""The shipped improver that all others are compared with."""
UTILITY = "utility"
"""The metric whose best known value is one of the utility, because a task has scores alone."""


@dataclass(frozen=True)
class MeasuredCopy:
    """One improvement of a task's seed solution, and the scores of its result."""

    end: ImproveFinished
    train: Evaluated
    test: Evaluated
    """On the held-out split."""


def with_seed(improvers: Sequence[Named], seed: str) -> tuple[Named, ...]:
    """The seed improver, whose text is `seed`, then the others."""
    return (Named(SEED, seed), *(improver for improver in improvers if improver.name != SEED))


def named(
    names: Sequence[str], find: Callable[[str], Named] = lambda name: Named(name, improver_text(name))
) -> tuple[Named, ...]:
    """The improvers with these names. An improver that is named twice is measured twice. Only the seed improver may have several
    names, because STOP may return it unchanged.

    Raises:
        ConfigurationError: an improver does not exist or is named more than twice, or two names are of the same program.
    """
    seed = improver_text(SEED)
    improvers: list[Named] = []
    for name in names:
        improver = find(name)
        if any(other.name == name for other in improvers):
            improver = replace(improver, name=name + AGAIN)
        for other in improvers:
            if other.name == improver.name:
                raise ConfigurationError(f"the improver {name} is given more than twice")
            of_a_study = all(OF_A_STUDY.fullmatch(one.name) for one in (other, improver))
            is_same = other.text == improver.text != seed and not of_a_study
            if is_same and improver.name != other.name + AGAIN:
                raise ConfigurationError(f"{other.name} and {name} are the same improver; name one of them")
        improvers.append(improver)
    return tuple(improvers)


def carry_out(context: RunContext, improvers: Sequence[Named]) -> None:
    """Measure every improver on every task of the context, unless that is completed.

    Raises:
        StropError: the host failed or was stopped. Completed work is kept.
    """
    from strop.runs.evaluators import improvers_at_once

    tasks, progress = context.parts.tasks, context.observer.say
    contexts = {task.name: context.of(task, context.run.child(task.name)) for task in tasks}
    for task in tasks:
        _score_seed(contexts[task.name], progress)

    distinct = {_scope("", one.name, one.digest): one for one in reversed(improvers)}
    jobs = {(task.name, one): task for task in tasks for one in reversed(distinct.values())}
    spec = context.parts.spec
    scopes = {job: _scope(job[0], job[1].name, job[1].digest) for job in jobs}
    missing = [job for job in jobs if not context.host.past.has_copies(scopes[job], spec.copies, "test")]
    if done := len(jobs) - len(missing):
        progress(f"{done} of {quantity(len(jobs), 'measurement')} done before")
    numbers = count(done + 1)

    def measure(job: tuple[str, Named]) -> None:
        task, improver = job
        progress(f"{task}: measuring {improver.name} ({next(numbers)} of {len(jobs)})")
        texts = tuple(text_for(improver, task, copy) for copy in range(spec.copies))
        contexts[task].meta_utility().measure(texts, context.run.child(scopes[job]))

    # The next measurement starts while the last copies of another are still at work.
    all_or_error(
        [partial(measure, job) for job in missing], improvers_at_once(spec) // spec.copies + 1, "strop-measurement"
    )


def _score_seed(context: RunContext, progress: Callable[[str], None]) -> None:
    task, budget = context.parts.task, context.run.child("seed").child("test")
    if budget.path not in context.host.past.evaluations:
        progress(f"{task.name}: scoring the seed solution")
        context.check_seed()
        context.utility("test").evaluate(task.seed, budget)


def _scope(task: str, improver: str, digest: str) -> str:
    """The scope of a cell."""
    return f"{task}/{digest[:NAMED_BY]}{'-again' if improver.endswith(AGAIN) else ''}"


def copies_of(store: Store, scope: str, copies: int) -> tuple[MeasuredCopy, ...]:
    """The copies of the measurement at `scope`, in order; none if some are missing."""
    ends: dict[str, ImproveFinished] = {}
    results: dict[str, Evaluated] = {}
    for stored in store.events(ImproveFinished, Evaluated, scope=scope):
        event = stored.event
        if isinstance(event, ImproveFinished):
            ends[event.scope] = event
        elif isinstance(event, Evaluated):
            results[event.scope] = event
    measured = [
        MeasuredCopy(ends[path], results[f"{path}/result"], results[f"{path}/test"])
        for path in (f"{scope}/copy{number}" for number in range(copies))
        if path in ends and {f"{path}/result", f"{path}/test"} <= results.keys()
    ]
    return tuple(measured) if len(measured) == copies else ()


def measured_in(record: Record) -> Measured:
    """The measurements in a record of `strop eval`; incomplete if the work was stopped.

    Raises:
        StoreError: the record does not name its improvers.
    """
    spent: defaultdict[str, Spent] = defaultdict(Spent)  # by the scope of the cell
    run, store, meta = record.run, record.store, record.run.meta
    for stored in store.events(LmResponded):
        spent["/".join(stored.event.scope.split("/")[:2])].add(stored.event)
    tasks, copies = meta.tasks, run.spec.copies if run.spec else 0
    cells = [
        _cell(task, one, done, spent[_scope(task, one.name, one.digest)])
        for task in tasks
        for one in meta.improvers
        if (done := copies_of(store, _scope(task, one.name, one.digest), copies))
    ]
    measured = Measured(
        kind="against" if meta.kind == "against" else "eval",
        directory=store.directory,
        record=record,
        sentence="",
        tasks=tasks,
        improvers=tuple(one.name for one in meta.improvers),
        copies=copies,
        model=meta.model,
        is_language_model=meta.is_language_model,
        cells=tuple(cells),
        seed_solutions=tuple(seed for task in tasks if (seed := _seed(store, task)) is not None),
        differences=(),
        own_score_because=meta.own_score_because,
        costs=run.costs.price,
        audit=tuple(noted(run.notes)),
        unverified=run.unverified,
        waived=run.waived,
        chosen=tuple(sorted(meta.chosen)),
        trained_on={one.name: one.trained_on for one in meta.improvers if one.trained_on},
        searches=next((one.runs for one in meta.improvers if one.runs), ()),
        said=meta.said,
    )
    return concluded(measured, meta.references)


def concluded(measured: Measured, references: Mapping[str, tuple[str, str, float]] = MappingProxyType({})) -> Measured:
    """The measurements with their differences and the sentence about them. For `references` see `Meta.references`."""
    if measured.complete and len(measured.unseen) > 1:
        measured = replace(measured, over_tasks=_over_tasks(measured, references))
    if measured.kind == "eval" and measured.complete:
        measured = replace(measured, over_runs=tuple(_over_runs(measured)))
    if measured.kind == "eval":
        measured = replace(measured, differences=_from_seed(measured), transfer=_transfer(measured))
    elif measured.complete:
        (overall,) = _together([_between(measured, measured.tasks, "")])
        differences = overall, *_together([_between(measured, [task], task) for task in measured.tasks])
        same = len({cell.digest for cell in measured.cells}) == 1
        sign = measured.over_tasks[0].decided if measured.is_of_tasks else decided(overall)
        sign = 0 if measured.own_score_because or same else sign
        better = None if not sign else measured.improvers[sign < 0]
        measured = replace(measured, differences=differences, better=better)
    return replace(measured, sentence=measured_words(measured))


_Row: TypeAlias = tuple[str, str, str, Callable[..., Estimate], Sequence[Any], Sequence[Any]]
"""A difference: its task, the two improvers, the function that compares them, and the values of both."""


def _together(rows: Sequence[_Row]) -> tuple[Difference, ...]:
    """The differences of one table. Their 95% intervals hold all together (Bonferroni)."""
    return tuple(
        Difference(
            **vars(compare(a, b, confidence=1 - LEVEL / len(rows))), task=task, improver=improver, against=against
        )
        for task, improver, against, compare, a, b in rows
    )


def _from_seed(measured: Measured) -> tuple[Difference, ...]:
    """The difference of every other improver from the first one, task by task."""
    seed = measured.improvers[0]
    pairs = [(cell, measured.cell(cell.task, seed)) for cell in measured.cells if cell.improver != seed]
    rows: list[_Row] = []
    same: list[Difference] = []
    for cell, other in pairs:
        if other is not None and cell.digest == other.digest and not cell.improver.endswith(AGAIN):
            same.append(Difference(0.0, None, cell.test.n, task=cell.task, improver=cell.improver, against=seed))
        elif other is not None:
            rows.append((cell.task, cell.improver, seed, group_difference, [cell.test.values], [other.test.values]))
    order = {(cell.task, cell.improver): position for position, cell in enumerate(measured.cells)}
    return tuple(sorted([*_together(rows), *same], key=lambda row: order[row.task, row.improver]))


def _over_tasks(measured: Measured, references: Mapping[str, tuple[str, str, float]]) -> tuple[OverTasks, ...]:
    """Every other improver against the first one. An improver that is measured a second time is compared with itself."""
    first, *others = measured.improvers
    cells = [cell for cell in measured.cells if cell.task in measured.unseen]
    pairs = [(name, name.removesuffix(AGAIN) if name.endswith(AGAIN) else first) for name in others]
    if measured.kind == "against":
        pairs = [(first, others[0])]
    level = LEVEL / max(sum(one.removesuffix(AGAIN) != other.removesuffix(AGAIN) for one, other in pairs), 1)
    rows = []
    for pair in pairs:
        one, other = ([cell for cell in cells if cell.improver == name] for name in pair)
        changes = [round(a.test.mean - b.test.mean, 9) for a, b in zip(one, other, strict=True)]
        wins, losses = sum(change > 0 for change in changes), sum(change < 0 for change in changes)
        shares = [[_share_of_best(cell, references.get(cell.task)) for cell in own] for own in (one, other)]
        known_shares = [[share for share in own if share is not None] for own in shares]
        normalized = score_difference(*known_shares) if known_shares == shares else None
        rows.append(OverTasks(*pair, wins, losses, changes.count(0), sign_test(wins, losses), level, normalized))
    return tuple(rows)


def _over_runs(measured: Measured) -> Iterator[Difference]:
    """The improvers of each study against the first improver, on each task and over all, with runs as the unit."""
    first, studies = measured.improvers[0], defaultdict[str, list[str]](list)
    for name in measured.improvers:
        if parts := OF_A_STUDY.fullmatch(name):
            studies[parts[1]].append(name)
    values = {(cell.task, cell.improver): cell.test.mean for cell in measured.cells}
    for study, names in studies.items():
        gains = {task: [values[task, name] - values[task, first] for name in names] for task in measured.tasks}
        if len(gains) > 1:
            gains[""] = [mean(own) for own in zip(*gains.values(), strict=True)]
        for task, own in gains.items():
            change = score_difference(own, [0.0] * len(own))
            yield Difference(**vars(change), task=task, improver=study, against=first)


def _share_of_best(cell: Measurement, reference: tuple[str, str, float] | None) -> float | None:
    """The mean share of the best known value that the copies of an improver reached, 1 for as good as that. A copy that fails
    counts 0. None without a best known value, or if a value has no ratio to it."""
    if reference is None:
        return None
    name, goal, best = reference
    shares = []
    for score, verdict, metrics in zip(cell.test.values, cell.verdicts, cell.of_copies, strict=True):
        value = score if name == UTILITY else metrics.get(name)
        above, below = (value, best) if goal == "max" else (best, value)
        if verdict != "ok" and name != UTILITY:
            shares.append(0.0)
        elif above is None or below is None or not above >= 0 < below:
            return None
        else:
            shares.append(above / below)
    return mean(shares)


def _transfer(measured: Measured) -> tuple[Difference, ...]:
    """The gain of each improver over the seed solutions, over all tasks that none was trained on (imp@k of k responses)."""
    if not (measured.trained_on and measured.unseen and measured.complete):
        return ()
    rows: list[_Row] = []
    for improver in measured.improvers:
        gained: list[float] = []
        before: list[float] = []
        for task in measured.unseen:
            cell, seed = measured.cell(task, improver), measured.seed_solution(task)
            if cell is not None and seed is not None:
                gained += cell.test.values
                before += [seed.test.value] * len(cell.test.values)
        rows.append(("", improver, "seed solution", score_difference, gained, before))
    return _together(rows)


def _between(measured: Measured, tasks: Sequence[str], name: str) -> _Row:
    """The first improver minus the second on some tasks."""
    first, second = (
        [cell.test.values for cell in measured.cells if cell.improver == improver and cell.task in tasks]
        for improver in measured.improvers
    )
    improver, against = measured.improvers
    return name, improver, against, group_difference, first, second


def _cell(task: str, improver: Named, copies: Sequence[MeasuredCopy], spent: Spent) -> Measurement:
    tests, is_known = [copy.test for copy in copies], not improver.runs
    return Measurement(
        task=task,
        improver=improver.name,
        digest=improver.digest,
        train=_sample([copy.train for copy in copies]),
        test=_sample(tests),
        metrics=means_of([test.means for test in tests if test.metrics]),
        of_copies=tuple(test.means for test in tests),
        verdicts=tuple(test.verdict for test in tests),
        endings=tuple(Ending(copy.end.outcome, copy.end.detail) for copy in copies),
        lm_calls=sum(copy.end.lm_calls for copy in copies) if is_known else None,
        responses=spent.responses if is_known else None,
        evaluations=sum(copy.end.utility_calls for copy in copies),
        tokens=spent.tokens if is_known else None,
        dollars=spent.dollars if is_known else None,
        is_bound=spent.is_bound,
    )


def _sample(evaluations: Sequence[Evaluated]) -> Sample:
    values = sample([evaluation.value for evaluation in evaluations])
    if values is None:
        raise StoreError("the record has a measurement without a copy")
    return values


def _seed(store: Store, task: str) -> SeedSolution | None:
    by_split = {
        stored.event.split: Evaluation(**fields_of(Evaluation, stored.event))
        for stored in store.events(Evaluated, scope=f"{task}/seed")
    }
    if not {"train", "test"} <= by_split.keys():
        return None
    return SeedSolution(task=task, train=by_split["train"], test=by_split["test"])
