"""Algorithm 1 carried out with a journal, and the best improver of a finished run with its card."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from strop.analysis.audit import RULES, audit_program
from strop.analysis.stats import CrossedDifference, mean, stratified_t_difference
from strop.analysis.strategy import TOLD_BY, behaviours_of, classify
from strop.base.errors import StoreError
from strop.base.events import Evaluated, IterationFinished, IterationStarted, in_full
from strop.base.solution import digest_of
from strop.core.algorithm import Step, self_improve
from strop.core.handles import Grant
from strop.runs.assembly import Components, RunContext
from strop.runs.improver_card import Figure, ImproverCard, Noticed, OnTask, card_path
from strop.runs.journal import Journal
from strop.runs.measurements import copies_of, spec_of
from strop.runs.run_data import RunData, read_run
from strop.runs.run_directory import SHARES_JAIL, save
from strop.runs.spec import RunSpec, program_text
from strop.store import Store

FILE = "best.py"
"""The best improver, in the run's directory."""
Rows = list[list[float]]
"""Scores of one improver on the sealed split of one task: a row for each copy, a column for each instance."""


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
        best = -1.0
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


@dataclass(frozen=True)
class _Run:
    """A recorded run of Algorithm 1."""

    spec: RunSpec
    iterations: list[IterationFinished]
    tasks: tuple[str, ...]
    data: RunData


def write_improver(store: Store, directory: Path) -> ImproverCard:
    """Write the best improver of the finished run in `directory` and its card.

    Raises:
        StoreError: no iteration of the run has finished.
    """
    run = _read(store, directory)
    best = _chosen(run)
    save(directory / FILE, best.improver)
    text = program_text(directory / FILE, "improver")  # with escapes for characters that a file cannot contain
    card = _card(store, directory, run, best, text)
    save(card_path(directory / FILE), card.to_toml())
    return card


def _read(store: Store, directory: Path) -> _Run:
    data = read_run(store)
    spec, iterations = spec_of(data), [in_full(event, data.text) for event in data.iterations]
    if spec is None or not iterations:
        raise StoreError(f"no iteration of the run in {directory} has finished, so it has no improver")
    return _Run(spec, iterations, iterations[0].tasks or (store.meta.get("task", spec.task),), data)


def _chosen(run: _Run) -> IterationFinished:
    """The iteration with the best improver: the last one with a gate, else the one with the best training value."""
    best = run.iterations[-1]
    if run.spec.selection == "paper":
        best = max(run.iterations, key=lambda iteration: mean(iteration.train))
    return next(iteration for iteration in run.iterations if iteration.improver == best.improver)


def _card(store: Store, directory: Path, run: _Run, best: IterationFinished, text: str) -> ImproverCard:
    spec, start = run.spec, run.iterations[0]
    scores = [_scores(store, run, number, best.t, start.t) for number in range(len(run.tasks))]
    after, before = [pair[0] for pair in scores], [pair[1] for pair in scores]
    nothing = [[[0.0] * len(row) for row in rows] for rows in before]
    behaviours = behaviours_of((stored.event for stored in store.events(*TOLD_BY)), {best.improver})
    spent = run.data.costs.total
    shared = json.loads(store.meta.get(SHARES_JAIL, "[]"))
    return ImproverCard(
        digest=digest_of(text),
        strategy=classify(best.improver, behaviours.get(best.improver)).name,
        trained=time.strftime("%Y-%m-%d", time.localtime(run.data.sessions[-1].last)),
        strop=version("strop"),
        run=directory.resolve().name,
        iteration=best.t,
        start=spec.improver,
        start_digest=digest_of(start.improver),
        model=store.meta.get("language_model", spec.model),
        is_language_model=store.meta.get("is_language_model") == "true",
        seed=spec.seed,
        iterations=spec.iterations,
        selection=spec.selection,
        copies=spec.copies,
        lm_calls=spent.calls,
        responses=spent.responses,
        tokens=None if spent.unknown else spent.input_tokens + spent.output_tokens,
        dollars=None if spent.money is None else spent.money / 1e9,
        improver=_figure(stratified_t_difference(list(zip(after, nothing, strict=True))), 0.0),
        began_with=_figure(stratified_t_difference(list(zip(before, nothing, strict=True))), 0.0),
        difference=Figure(0.0)
        if best.t == start.t
        else _figure(stratified_t_difference(list(zip(after, before, strict=True))), -1.0),
        tasks=tuple(
            OnTask(name, mean([mean(row) for row in ours]), mean([mean(row) for row in theirs]), name in shared)
            for name, ours, theirs in zip(run.tasks, after, before, strict=True)
        ),
        audit=tuple(
            Noticed(finding.rule, RULES[finding.rule].title if finding.rule in RULES else "", finding.line)
            for finding in audit_program(best.improver)
        ),
    )


def _figure(difference: CrossedDifference, least: float) -> Figure:
    """Clipped to possible values: utilities are in [0, 1], their differences in [-1, 1]."""
    estimate = difference.estimate
    if estimate.interval is None:
        return Figure(estimate.mean)
    return Figure(estimate.mean, max(least, estimate.interval[0]), min(1.0, estimate.interval[1]))


def _scores(store: Store, run: _Run, number: int, *iterations: int) -> list[Rows]:
    """The scores of the copies of I_t on the sealed instances of one task, for each t in `iterations`."""
    by_t = [_tests(store, run, number, t) for t in iterations]
    instances = max(1, *(len(test.scores) for tests in by_t for test in tests))
    return [[_row(test, instances) for test in tests] for tests in by_t]


def _tests(store: Store, run: _Run, number: int, t: int) -> list[Evaluated]:
    copies = copies_of(store, f"t{t}/measure", run.spec.downstream, sealed=True)
    if not copies:
        raise StoreError(f"the record lacks a part of the measurement of I_{t}")
    size = run.spec.copies
    return [copy.test for copy in copies[number * size : (number + 1) * size] if copy.test is not None]


def _row(test: Evaluated, instances: int) -> list[float]:
    """The scores of one copy; a failed solution counts with its utility on every instance."""
    is_whole = len(test.scores) == instances and abs(mean(test.scores) - test.value) < 1e-9
    return list(test.scores) if is_whole else [test.value] * instances
