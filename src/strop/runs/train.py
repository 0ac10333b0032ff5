"""Algorithm 1 carried out with a journal, and the best improver of a finished run with its card."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from strop.analysis.audit import RULES, audit_program
from strop.analysis.search import TOLD_BY, Search, idea_of, searches_of
from strop.analysis.stats import Estimate, mean, score_difference, score_estimate
from strop.base.errors import StoreError
from strop.base.events import Compared, Evaluated, IterationFinished, IterationStarted, in_full
from strop.base.results import Comparison, fields_of
from strop.base.solution import digest_of
from strop.base.unified_diff import plain_text
from strop.core.algorithm import Step, self_improve
from strop.core.handles import Grant
from strop.core.selection.comparison import Contender, PairedComparison
from strop.core.selection.last import last_comparison
from strop.runs.assembly import Components, RunContext
from strop.runs.claims.numbers import of_tasks
from strop.runs.claims.training import Conclusion, conclusion_of, decisive
from strop.runs.improver_card import Figure, ImproverCard, Noticed, OnTask, card_path, read_card
from strop.runs.journal import Journal
from strop.runs.reading import opened
from strop.runs.results.parts import counted_answers, noted, sample
from strop.runs.results.trained import ComparisonCounts, FromSeed, Iteration, TaskSamples, Trained
from strop.runs.run_data import RunData, Spent, read_run, spec_of
from strop.runs.run_directory import save
from strop.runs.scopes import IMPROVEMENT, LAST, ROLES
from strop.runs.spec import RunSpec
from strop.store import Store

FILE = "best.py"
"""The best improver, in the run's directory."""
_FIGURES = ("digest", "improver", "began_with", "difference", "tasks")
"""Fields of a card that depend neither on where the record is nor on which version reads it."""


def run(parts: Components, improver: str, directory: Path, journal: Journal) -> None:
    """Carry out Algorithm 1 from `improver`; every I_t is saved in `directory` immediately.

    Raises:
        Interrupted: the user stopped it.
        StropError: the host failed. Completed work is kept.
    """
    spec = parts.spec
    context = RunContext(parts, journal, recalled=journal.recalled)
    with journal.of(parts) as ending:
        context.check_seed()
        steps = self_improve(
            improver,
            context.meta_utility(),
            spec.iterations,
            Grant(spec.meta_budget, spec.lm_budget, spec.max_responses),
            context.selection(),
            context.run,
        )
        best, seed = -1.0, improver
        for t in range(spec.iterations + 1):
            begun = journal.clock()
            journal(IterationStarted(scope=f"t{t}", t=t, improver=improver))
            step = next(steps)
            improver = step.improver
            journal(_finished(step, journal, begun, tuple(task.name for task in parts.further and parts.tasks)))
            save(directory / "improvers" / f"I{t}.py", improver)
            # The best is chosen by training values, like everything; with a gate, it is I_t.
            if spec.selection != "paper" or mean(step.measurement.train) > best:
                best = mean(step.measurement.train)
                save(directory / "best.py", improver)
            if step.nothing_to_gain:
                ending.detail = (
                    f"{step.nothing_to_gain}; nothing can be gained on this task (--selection paper continues)"
                )
                break
        if spec.selection != "paper" and improver != seed:
            compare_last(context, Contender(0, seed, None), Contender(step.t, improver, 0))


def compare_last(context: RunContext, first: Contender, last: Contender) -> None:
    """Record the last comparison of a run."""
    contest = PairedComparison(context.meta_utility("test"), first, last, context.run.child(LAST))
    context.record(last_comparison(contest, context.parts.spec.gate_pairs))


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


def write_improver(directory: Path) -> None:
    """Write the best improver of the finished run in `directory`, and its card.

    Raises:
        StoreError: no iteration of the run has finished.
    """
    with opened(directory) as store:
        text, card = best_improver(store)
    save(directory / FILE, text)
    save(card_path(directory / FILE), card.to_json())


def best_improver(store: Store) -> tuple[str, ImproverCard]:
    """The best improver of a finished run as a file contains it, and its card, as the record has them: the last one with a gate,
    else the one with the best training value.

    Raises:
        StoreError: no iteration of the run has finished.
    """
    run = read_run(store)
    spec = spec_of(run)
    try:
        iterations = [in_full(event, run.text) for event in run.iterations]
    except StoreError as error:
        raise StoreError(f"the record in {store.directory} is damaged: {error}") from error
    if spec is None or not iterations:
        raise StoreError(f"no iteration of the run in {store.directory} has finished, so it has no improver")
    best = iterations[-1]
    if spec.selection == "paper":
        best = max(iterations, key=lambda iteration: mean(iteration.train))
    best = next(iteration for iteration in iterations if iteration.improver == best.improver)
    text = plain_text(best.improver.encode("utf-8", "backslashreplace").decode("utf-8"))
    return text, _card(store, run, spec, iterations[0], best, text)


def read_trained(store: Store) -> Trained:
    """The result in a record of Algorithm 1, finished or not; without iterations for a record of another command.

    Raises:
        StoreError: the record is damaged.
    """
    data, directory = read_run(store), store.directory
    best = best_improver(store) if (directory / FILE).is_file() else None
    return trained_of(data, directory, searches_in(store, data), best)


def trained_of(
    data: RunData,
    directory: Path,
    searches: Mapping[str, Search] | None = None,
    best: tuple[str, ImproverCard] | None = None,
) -> Trained:
    """The result of a run. `searches`: SHA-256 of an improver → how it searches; `best`: the best improver and its card.

    Raises:
        ValueError: its recipe is damaged.
    """
    kind, found = data.meta.get("kind", "run"), searches or {}
    iterations = iterations_of(data, found)
    conclusion = conclusion_of(data, iterations) if kind == "run" else Conclusion("", "")
    text, card = best or ("", None)
    whole = best is not None and not is_changed(directory, *best)
    return Trained(
        directory=directory,
        kind=kind,
        tasks=_tasks(data),
        selection=_of_recipe(data, "selection", "paper") if kind == "run" else "",
        status=data.status,
        detail=data.detail,
        unverified=data.unverified,
        sentence=conclusion.sentence,
        explanation=conclusion.detail,
        model=data.meta.get("language_model", ""),
        is_language_model=data.meta.get("is_language_model") == "true",
        iterations=iterations,
        last=None if data.last is None else Comparison(**fields_of(Comparison, data.last)),
        from_seed=_from_seed(data),
        compared=ComparisonCounts(
            candidates=len(data.meta_calls),
            meta_utility_calls=data.meta_calls.total(),
            gate_comparisons=len(data.gates),
            gate_pairs=sum(len(gate.differences) for gate in data.gates.values()),
            gate_accepted=sum(gate.accepted for gate in data.gates.values()),
        ),
        file=directory / FILE if whole else None,
        card=card,
        improver=text,
        unused_evaluations=data.unused_evaluations,
        audit=tuple(noted(data.notes)),
        costs=replace(data.costs, roles=_in_order(data.costs.roles)),
        answers=None if kind == "table2" else counted_answers(data.answers),
        searches=found,
        record=data,
    )


def _from_seed(run: RunData) -> tuple[FromSeed, ...]:
    """Every accepted improver minus the first: the last one by the last comparison, which decides, if there was one; others by
    the copies on which both were measured."""
    if not run.iterations or not run.iterations[0].test:
        return ()
    first, *others = run.iterations
    accepted = [event for event in others if event.accepted and len(event.test) == len(first.test)]
    rows = [FromSeed(t=event.t, **vars(score_difference(event.test, first.test))) for event in accepted]
    if rows and run.last is not None:
        rows[-1] = FromSeed(t=rows[-1].t, **vars(decisive(run.last)))
    return tuple(rows)


def searches_in(store: Store, run: RunData) -> dict[str, Search]:
    """Digest of an improver → how it searches, of each I_t and each candidate that was returned. `run` is what `store` holds."""
    digests = {digest for event in run.iterations for digest in (event.improver, event.candidate) if digest is not None}
    texts = {digest: run.text(digest) for digest in sorted(digests)}
    searches = searches_of((stored.event for stored in store.events(*TOLD_BY)), texts.values())
    return {digest: searches[text] for digest, text in texts.items()}


def iterations_of(run: RunData, searches: Mapping[str, Search] | None = None) -> tuple[Iteration, ...]:
    """The finished iterations of a run; `searches`: SHA-256 of an improver → how it searches."""
    return tuple(_iteration(event, run.gates.get(event.t), searches or {}) for event in run.iterations)


def _iteration(event: IterationFinished, gate: Compared | None, searches: Mapping[str, Search]) -> Iteration:
    tasks = len(event.tasks) or 1
    same = ("t", "accepted", "reason", "lm_calls", "evaluations", "verdicts", "seconds", "improver", "parent")
    rows = zip(event.tasks, of_tasks(event.train, event.tasks), of_tasks(event.test, event.tasks), strict=True)
    return Iteration(
        train=sample(event.train, tasks),
        test=sample(event.test, tasks),
        gate=None if gate is None else Comparison(**fields_of(Comparison, gate)),
        tasks=tuple(TaskSamples(task, sample(train), sample(test)) for task, train, test in rows),
        search=searches.get(event.improver),
        **{name: getattr(event, name) for name in same},
    )


def _in_order(roles: Mapping[str, Spent]) -> defaultdict[str, Spent]:
    """The costs of roles in the order in which they are listed."""
    return defaultdict(Spent, {role: roles[role] for role in (*ROLES, IMPROVEMENT) if role in roles})


def _tasks(run: RunData) -> tuple[str, ...]:
    further = map(str, run.recipe.get("further_tasks", ()))
    return (_of_recipe(run, "task"), *further) if run.start else ()


def _of_recipe(run: RunData, name: str, default: str | None = None) -> str:
    """A field of a recipe. Raises ValueError if it is missing and has no default: a damaged record must not look whole."""
    value = run.recipe.get(name, default)
    if not isinstance(value, str):
        raise ValueError(f"the recipe has no {name}")
    return value


def is_changed(directory: Path, text: str, card: ImproverCard) -> bool:
    """Whether the files of a run's best improver, where they are, have another text or other figures."""
    file, found = directory / FILE, read_card(card_path(directory / FILE))
    if file.is_file() and file.read_bytes() != text.encode("utf-8"):
        return True
    return found is not None and any(getattr(found, name) != getattr(card, name) for name in _FIGURES)


def _card(
    store: Store, run: RunData, spec: RunSpec, start: IterationFinished, best: IterationFinished, text: str
) -> ImproverCard:
    copies, tasks = spec.copies, start.tasks or (store.meta.get("task", spec.task),)
    if not len(best.test) == len(start.test) == copies * len(tasks):
        raise StoreError(f"the record lacks a part of the measurement of I_{best.t}")
    spent = run.costs.total
    events = (stored.event for stored in store.events(Evaluated))
    shared = {event.utility: event.own_score_because for event in events if event.own_score_because}
    return ImproverCard(
        digest=digest_of(text),
        idea=idea_of(text),
        trained=time.strftime("%Y-%m-%d", time.localtime(run.sessions[-1].last)),
        strop=str(run.start.environment.get("strop", "")) if run.start else "",
        run=store.directory.resolve().name,
        iteration=best.t,
        start=spec.improver,
        start_digest=digest_of(start.improver),
        model=store.meta.get("language_model", spec.model),
        is_language_model=store.meta.get("is_language_model") == "true",
        seed=spec.seed,
        iterations=spec.iterations,
        selection=spec.selection,
        copies=copies,
        lm_calls=spent.lm_calls,
        responses=spent.responses,
        tokens=spent.tokens,
        dollars=spent.dollars,
        **_figures(run, start, best),
        tasks=tuple(
            OnTask(name, mean(best.test[of]), mean(start.test[of]), shared.get(name, ""))
            for name, of in ((name, slice(n * copies, (n + 1) * copies)) for n, name in enumerate(tasks))
        ),
        audit=tuple(
            Noticed(finding.rule, RULES[finding.rule].title if finding.rule in RULES else "", finding.line)
            for finding in audit_program(best.improver)
        ),
    )


def _figures(run: RunData, start: IterationFinished, best: IterationFinished) -> dict[str, Figure]:
    """û of the best improver, of the first, and the difference: by the last comparison, or without one by the copies of each."""
    last = run.last
    if last is None:
        after, before = best.test, start.test
        difference = Figure(0.0) if best.t == start.t else _figure(score_difference(after, before))
    else:
        before = last.before
        after = tuple(value + change for value, change in zip(before, last.differences, strict=True))
        difference = _figure(decisive(last))
    after = tuple(min(max(value, 0.0), 1.0) for value in after)  # a sum of floats may leave the range
    return {
        "improver": _figure(score_estimate(after)),
        "began_with": _figure(score_estimate(before)),
        "difference": difference,
    }


def _figure(estimate: Estimate) -> Figure:
    return Figure(estimate.mean, *(estimate.interval or ()))
