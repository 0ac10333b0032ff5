"""Algorithm 1 carried out with a journal, and its result."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from strop.analysis.search import COUNTED_KINDS, Search, searches_of
from strop.analysis.stats import group_difference, mean
from strop.base.as_document import as_document, to_json
from strop.base.budget import Grant
from strop.base.errors import StoreError, StropError
from strop.base.events import Compared, IterationFinished, IterationStarted
from strop.base.results import Comparison, fields_of
from strop.base.solution import digest_of
from strop.base.unified_diff import plain_text
from strop.runs.claims.training import Conclusion, conclusion_of, headline
from strop.runs.record import Record
from strop.runs.results.parts import by_task, counted_answers, noted, sample
from strop.runs.results.trained import ComparisonCounts, FromSeed, Iteration, TaskSamples, Trained
from strop.runs.run_data import RunData, Spent
from strop.runs.run_directory import save
from strop.runs.scopes import FINAL, IMPROVEMENT, ROLES
from strop.store import Store

if TYPE_CHECKING:
    from strop.core.algorithm import Step
    from strop.runs.context import RunContext
    from strop.runs.journal import Journal

_ROLES = (*ROLES, IMPROVEMENT)
"""Roles of LM calls in the order of display."""
FILE = "best.py"
"""The best improver, in the run's directory."""


def run(context: RunContext, improver: str) -> None:
    """Carry out Algorithm 1 from `improver`; every I_t is saved in the record's folder immediately.

    A limit ends it after its last finished iteration.

    Raises:
        Interrupted: the user stopped it.
        SearchOver: a limit was reached before the first improver was measured.
        StropError: the host failed. Completed work is kept.
    """
    from strop.core.algorithm import self_improve

    spec, journal = context.parts.spec, context.journal
    context.check_seed()
    steps = self_improve(
        improver,
        context.meta_utility(),
        spec.iterations,
        Grant(spec.meta_budget, spec.lm_budget, spec.max_responses, spec.slack),
        context.selection(),
        context.run,
    )
    context.begin_again()
    began = "t0"
    try:
        for scope in _iterated(context, improver, steps):
            began = scope
    except StropError as error:
        over = journal.search_over(error)
        # Without t = 0 there is no result, and a protocol reports whole runs only.
        if over is None or began == "t0" or context.parts.whole_runs_only:
            raise
        context.ended(began, over)


def _iterated(context: RunContext, improver: str, steps: Iterator[Step]) -> Iterator[str]:
    """Carry out the iterations and the final comparison. Yields the scope of each as it begins, except that of t = 0."""
    from strop.core.selection.comparison import Contender, PairedComparison
    from strop.core.selection.final_comparison import final_comparison

    parts, spec, journal, directory = context.parts, context.parts.spec, context.journal, context.folder
    names, best, seed = tuple(task.name for task in parts.tasks), -1.0, improver
    gate: Sequence[float] = ()
    for t in range(spec.iterations + 1):
        begun = journal.clock()
        if t:
            yield f"t{t}"
        journal(IterationStarted(scope=f"t{t}", t=t, improver=improver))
        step = next(steps)
        if step.choice.accepted and step.choice.comparison is not None:
            gate = step.choice.comparison.differences
        improver = step.improver
        journal(_finished(step, journal, begun, names if len(names) > 1 else ()))
        save(directory / "improvers" / f"I{t}.py", improver)
        # The best is chosen by training values, like everything; with a gate, it is I_t.
        if spec.selection != "paper" or mean(step.measurement.train) > best:
            best = mean(step.measurement.train)
            save(directory / "best.py", improver)
        if step.why_stop:
            journal.detail = f"{step.why_stop}, and the run stopped early (--selection paper continues)"
            break
    if spec.selection != "paper" and improver != seed:
        yield FINAL
        held_out, budget = context.meta_utility("test"), context.run.child(FINAL)
        ends = PairedComparison(held_out, Contender(0, seed, None), Contender(step.t, improver, 0), budget)
        context.record(final_comparison(ends, gate, spec.gate_pairs))


def _finished(step: Step, journal: Journal, begun: float, tasks: tuple[str, ...]) -> IterationFinished:
    tally = journal.tally(f"t{step.t}")
    return IterationFinished(
        scope=f"t{step.t}",
        t=step.t,
        improver=step.improver,
        candidate=step.candidate,
        accepted=step.choice.accepted,
        reason=step.choice.reason,
        train=step.measurement.train,
        test=step.measurement.test,
        lm_calls=tally.lm_calls,
        evaluations=tally.evaluations,
        verdicts=dict(sorted(tally.verdicts.items())),
        seconds=tally.seconds + journal.clock() - begun,
        parent=step.parent,
        tasks=tasks,
    )


def keep_improver(trained: Trained) -> None:
    """Write the best improver of a finished run into its folder, and beside it the result as a JSON document.

    Raises:
        StoreError: no iteration of the run has finished.
    """
    if trained.status == "finished":
        save(trained.directory / FILE, trained.improver or best_improver(trained.run)[0])
        save((trained.directory / FILE).with_suffix(".json"), to_json(as_document(trained)) + "\n")


def best_improver(run: RunData) -> tuple[str, int]:
    """The best improver as a file contains it, and the t at which it became I_t: the last one with a gate, else the one with the
    best training value.

    Raises:
        StoreError: no iteration of the run has finished.
    """
    if run.spec is None or not run.iterations:
        raise StoreError("no iteration of the run has finished, so it has no improver")
    best = run.iterations[-1]
    if run.spec.selection == "paper":
        best = max(run.iterations, key=lambda iteration: mean(iteration.train))
    best = next(iteration for iteration in run.iterations if iteration.improver == best.improver)
    return plain_text(run.text(best.improver).encode("utf-8", "backslashreplace").decode("utf-8")), best.t


def read_trained(record: Record) -> Trained:
    """The result in a record of Algorithm 1, finished or not; without iterations for a record of another command.

    Raises:
        StoreError: the record is damaged.
    """
    data, folder = record.run, record.folder
    best = best_improver(data) if data.iterations else None
    return replace(trained_of(data, folder, searches_in(record.store, data), best), record=record)


def trained_of(
    data: RunData,
    directory: Path,
    searches: Mapping[str, Search] | None = None,
    best: tuple[str, int] | None = None,
) -> Trained:
    """The result of a run. `searches` maps the SHA-256 of an improver to how it searches; `best` is the best improver and its
    t."""
    kind, by_improver, roles = data.meta.kind, searches or {}, data.costs.roles
    iterations = iterations_of(data, by_improver)
    conclusion = conclusion_of(data, iterations) if kind == "run" else Conclusion("", "")
    (text, best_t), file = best or ("", None), directory / FILE
    return Trained(
        directory=directory,
        kind=kind,
        tasks=data.spec.tasks if data.spec and data.start else (),
        trained_on=data.meta.tasks,
        selection=data.spec.selection if data.spec and kind == "run" else "",
        status=data.status,
        detail=data.detail,
        ended_by=data.ended_by,
        unverified=data.unverified,
        waived=data.waived,
        sentence=conclusion.sentence,
        explanation=conclusion.detail,
        said=data.meta.said,
        model=data.meta.model,
        is_language_model=data.meta.is_language_model,
        iterations=iterations,
        final_comparison=_evidence(data.final_comparison),
        from_seed=_from_seed(data),
        compared=ComparisonCounts(
            candidates=len(data.meta_calls),
            meta_utility_calls=data.meta_calls.total(),
            gate_comparisons=len(data.gates),
            gate_pairs=sum(len(gate.differences) for gate in data.gates.values()),
            gate_accepted=sum(gate.accepted for gate in data.gates.values()),
        ),
        file=file if best and file.is_file() else None,
        best_t=best_t,
        digest=digest_of(text) if text else "",
        improver=text,
        own_score_because=data.meta.own_score_because,
        unused_evaluations=data.unused_evaluations,
        audit=tuple(noted(data.notes)),
        costs=replace(data.costs, roles=defaultdict(Spent, {role: roles[role] for role in _ROLES if role in roles})),
        answers=counted_answers(data.answers),
        searches=by_improver,
        run=data,
    )


def _from_seed(run: RunData) -> tuple[FromSeed, ...]:
    """The difference of every accepted improver from I_0. That of the last one comes from the final comparison, if there was one.
    The others come from the copies on which both were measured. Each has its own 95% interval."""
    if not run.iterations or not run.iterations[0].test:
        return ()
    first, *others = run.iterations
    new = [event for event in others if event.accepted and event.improver != first.improver]
    accepted = [event for event in new if len(event.test) == len(first.test)]

    def row(event: IterationFinished) -> FromSeed:
        sides = (by_task(one.test, len(one.tasks) or 1) for one in (event, first))
        final = run.final_comparison if event is accepted[-1] else None
        return headline(event.t, group_difference(*sides), mean(first.test), final)

    return tuple(map(row, accepted))


def searches_in(store: Store, run: RunData) -> dict[str, Search]:
    """Digest of an improver → how it searches, for each I_t and each candidate that was returned. `run` is the run in `store`."""
    digests = {digest for event in run.iterations for digest in (event.improver, event.candidate) if digest is not None}
    texts = {digest: run.text(digest) for digest in sorted(digests)}
    searches = searches_of((stored.event for stored in store.events(*COUNTED_KINDS)), texts.values())
    return {digest: searches[text] for digest, text in texts.items()}


def iterations_of(run: RunData, searches: Mapping[str, Search] | None = None) -> tuple[Iteration, ...]:
    """The finished iterations of a run. `searches` maps the SHA-256 of an improver to how it searches."""
    return tuple(_iteration(event, run, searches or {}) for event in run.iterations)


def _iteration(event: IterationFinished, run: RunData, searches: Mapping[str, Search]) -> Iteration:
    tasks, ends = len(event.tasks) or 1, run.spent_by.get(event.improver)
    same = ("t", "accepted", "reason", "lm_calls", "evaluations", "verdicts", "seconds", "improver", "parent")
    rows = zip(event.tasks, *(by_task(values, tasks) for values in (event.train, event.test)), strict=False)
    return Iteration(
        train=sample(event.train, tasks),
        test=sample(event.test, tasks),
        gate=_evidence(run.gates.get(event.t)),
        tasks=tuple(TaskSamples(task, sample(train), sample(test)) for task, train, test in rows),
        search=searches.get(event.improver),
        mean_lm_calls=mean([end.lm_calls for end in ends]) if ends else None,
        mean_evaluations=mean([end.utility_calls for end in ends]) if ends else None,
        **{name: getattr(event, name) for name in same},
    )


def _evidence(event: Compared | None) -> Comparison | None:
    return None if event is None else Comparison(**fields_of(Comparison, event))
