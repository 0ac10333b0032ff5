"""Check a task: examine its draws, its original and its scorer, and score spoiled answers. No language model is asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, groupby
from statistics import stdev
from typing import Any

from strop.analysis.stats import mean
from strop.base.errors import TaskError
from strop.base.pluralize import plain, quantity
from strop.base.results import Evaluation, ScoredBy
from strop.checks.bench import Bench, HostRelay, Trial, bench_of
from strop.checks.checked import Checked, Tried
from strop.checks.constants import without_work
from strop.checks.draws import examine_draws, parts_of, step_into
from strop.checks.findings import Finding, merge, new_finding
from strop.checks.judging import Base, tolerated, worst
from strop.checks.relay import LEAST, Relay, why_refused
from strop.checks.scorer import examine_dependence, examine_scorer
from strop.checks.spoiling import SPOILERS, Spoiler
from strop.core.utility import seed_runs
from strop.sandbox.base import Outcome, Returned, Sandbox
from strop.tasks.base import Instance, Task
from strop.tasks.command.task import CommandTask
from strop.tasks.constructions.task import ConstructionTask
from strop.tasks.function.same import same_answer
from strop.tasks.function.task import FunctionTask

MUCH = 0.5
"""An original that needs a larger share of the time limit leaves little for better programs."""
FATAL = frozenset({"C001", "C005", "C101"})
"""Findings after which nothing else can be tried."""
Notify = Callable[[str], None]


@dataclass(frozen=True)
class CheckSettings:
    """How much to try."""

    repeat: int = 5
    """Evaluations of the original, 1 and up."""
    seconds: float = 60.0
    """After which no further way is tried; the result says how many were not."""


def check_in_host(
    task: Task, sandbox: Sandbox, secret: bytes, settings: CheckSettings = CheckSettings(), notify: Notify = print
) -> Checked:
    """Check a task whose answers the host scores. `notify` is called with the name of each step.

    Raises:
        SandboxError: the host could not run a guest.
    """
    by_time = isinstance(task, FunctionTask) and task.by_time
    scored_by: ScoredBy = "kernel" if by_time else "host"
    try:
        # The answers of a function that is scored by time are examined apart from its score.
        examined = replace(task, score=lambda instance, answer: 0.5, by_time=False) if by_time else task  # type: ignore[call-arg]
        check = _Check(bench_of(examined, sandbox, secret), task, settings, notify)
    except TaskError as error:
        return Checked(task=task.name, scored_by=scored_by, findings=(new_finding("C008", str(error)),))
    findings = merge(check.findings(by_time))
    tried, utilities = tuple(check.tried), tuple(check.utilities)
    return Checked(
        task=task.name, scored_by=scored_by, findings=findings, tried=tried, untried=check.untried, utilities=utilities,
        instances=check.instances,
    )  # fmt: skip


def check_elsewhere(
    task: CommandTask, evaluate: Callable[[], Evaluation], relay: Relay | None, settings: CheckSettings
) -> Checked:
    """Check a task whose score is computed outside of the host: its original runs, twice alike if answers must be equal.

    `evaluate` measures the original; `relay`: where its answers can be spoiled, if they can.
    """
    findings: list[Finding] = []
    tried: tuple[Tried, ...] = ()
    values: tuple[float, ...] = ()
    scored_by, because = task.scored_by, task.own_score_because
    try:
        run = evaluate()
    except TaskError as error:
        findings.append(new_finding("C101", str(error)))
    else:
        because = run.own_score_because
        scored_by, values = "program" if because else scored_by, (run.value,)
        if run.verdict != "ok":
            findings.append(new_finding("C101", f"{run.verdict}: {run.error.splitlines()[0] if run.error else ''}"))
    if relay is not None and not findings and not because:
        why = why_refused(relay, seconds=settings.seconds)
        findings += [new_finding("C301", why)] if why else []
        found = ("broken", "C301") if why else ("harmless", "")
        tried = (Tried("Spoiled answers", found[0], 0.0, len(relay.ways()), found[1]),)  # type: ignore[arg-type]
    return Checked(task=task.name, scored_by=scored_by, findings=tuple(findings), tried=tried, utilities=values)


@dataclass
class _Check:
    """One check of a task in the host."""

    bench: Bench
    task: Task
    settings: CheckSettings
    notify: Notify
    tried: list[Tried] = field(default_factory=list)
    untried: int = 0
    utilities: list[float] = field(default_factory=list)
    instances: int = 0

    def findings(self, by_time: bool) -> Iterator[Finding]:
        """Everything that is wrong."""
        bench = self.bench
        self.notify("draws")
        draws = examine_draws(bench)
        # Cases are listed, so that instances repeat; a construction has one, whatever the seed.
        listed = {"C003"} if getattr(self.task, "cases", ()) else set()
        found = (
            [] if isinstance(self.task, ConstructionTask) else [one for one in draws.findings if one.id not in listed]
        )
        yield from found
        if any(one.id in FATAL for one in found):
            return
        self.notify(f"the original, {self.settings.repeat} times")
        runs = [bench.run(f"check/seed/{number}") for number in range(self.settings.repeat)]
        yield from self._of_runs(runs)
        answers = _answers(runs[0][1], bench.count)
        if by_time:
            yield from self._of_times([outcomes for _, outcomes in runs])
            return
        yield from self._of_scorer(draws.instances, answers)
        if isolated := bench.drawn.isolated:
            yield new_finding("C310", isolated)

    def _of_runs(self, runs: Sequence[tuple[Evaluation | TaskError, list[Outcome]]]) -> Iterator[Finding]:
        """How the original behaved."""
        yield from (new_finding("C202", str(run)) for run, _ in runs if isinstance(run, TaskError))
        done = [run for run, _ in runs if isinstance(run, Evaluation)]
        self.utilities = [run.value for run in done]
        if failed := [run for run in done if run.verdict != "ok"]:
            dies = any(not seed_runs(run, self.task) or run.verdict in ("died", "violated") for run in failed)
            reason = failed[0].error.splitlines()[0] if failed[0].error else ""
            count = f"{failed[0].verdict} in {len(failed)} of {quantity(len(done), 'evaluation')}"
            yield new_finding("C101" if dies else "C102", f"{count}: {reason}")
        if len(done) > 1 and stdev(self.utilities) > LEAST:
            spread = f"standard deviation {plain(stdev(self.utilities))}"
            yield new_finding("C104", f"{spread} over {quantity(len(done), 'evaluation')}, same instances")
        slowest = max((one.spent.cpu_seconds for _, outcomes in runs for one in outcomes), default=0.0)
        share = slowest / self.task.time_limit
        if share > MUCH:
            detail = f"the slowest call took {share:.0%} of the time limit"
            yield new_finding("C105", detail, "note" if failed or share >= 1 else None)

    def _of_times(self, runs: Sequence[Sequence[Outcome]]) -> Iterator[Finding]:
        """The answers of a function that is scored by time; only equal ones count, so that none is spoiled."""
        first, bench = runs[0], self.bench
        if any(not isinstance(outcome, Returned) for outcome in first):
            return  # it does not run, which is another finding
        if not _same(bench.run("check/again")[1], bench.run("check/again")[1]):
            yield new_finding("C107", "the original's answers differ from call to call, with equal random numbers")
        elif not all(_same(first, other) for other in runs[1:]):
            yield new_finding("C107", "the original's answers change with its random numbers", "warning")
        values = [outcome.value for outcome in first if isinstance(outcome, Returned)]
        if all(value is None for value in values):
            yield new_finding("C303", "the original returns None for every instance, like a function that does nothing")
        elif len(values) > 1 and all(same_answer(values[0], value) for value in values):
            detail = "the original's answer is the same for every instance: a constant would be as good, and faster"
            yield new_finding("C303", detail)

    def _of_scorer(self, instances: Sequence[Instance], answers: list[Any] | None) -> Iterator[Finding]:
        bench = self.bench
        self.instances = len(instances)
        base = None if answers is None else bench.scored(answers)
        if base is not None and base.broke[0]:
            yield new_finding(*base.broke)
        if base is not None and base.choked:
            yield new_finding("C202", base.choked)
        name = "the seed"
        if base is None or not base.accepted:
            name, base = self._best_without_work(instances)
        if base is None:
            yield new_finding("C106", "neither the seed nor any trivial answer was scored on every instance")
            return
        self.notify("scorer")
        found, deterministic = examine_scorer(bench, base.answers)
        yield from found
        if deterministic and not isinstance(self.task, ConstructionTask):
            yield from examine_dependence(bench, base.answers, base.scores)
        if name != "the seed":
            yield new_finding("C303", f"{name} scores {mean(base.scores):.3f}, and the seed fails", "note")
        elif base.is_perfect:
            yield new_finding("C103", "the seed scores 1 on every instance")
        # The verifier of a construction gets plain data, as a declared answer is.
        declared = self.task.answer is not None or isinstance(self.task, ConstructionTask)
        bases = [Base(name, base, declared, deterministic)]
        if not base.is_perfect and (perfect := self._hidden(instances)) is not None:
            bases.append(Base("the hidden data", perfect, declared, deterministic))
        self.notify("spoiled answers")
        yield from self._spoil(bases, instances)

    def _spoil(self, bases: Sequence[Base], instances: Sequence[Instance]) -> Iterator[Finding]:
        end = time.monotonic() + self.settings.seconds
        ways = chain(_spoilers(), _without_work(instances, bases[0].trial.answers))
        for kind, title, trials in ways:
            found, seen, variants = list[Finding](), list[Trial](), 0
            for base in bases if time.monotonic() < end else ():
                relay = HostRelay(self.bench, base.trial)
                for variant, trial in trials(relay):
                    variants += 1
                    seen += [trial] if trial.accepted else []
                    words = title + ("" if variant is None else f" ({variant})")
                    if self.bench.acts.executed:
                        found.append(new_finding("C209", f"{words}: it ran in the host"))
                        self.bench.acts.executed = False
                    if one := base.finding(kind, words, trial):
                        found += self._moved(base, relay, variant, one) if kind == "moved" else [one]
            self.untried += time.monotonic() >= end
            if variants:
                finding, score = worst(found), max((mean(trial.scores) for trial in seen), default=0.0)
                verdict = finding.level if finding else "harmless" if seen else "refused"
                self.tried.append(Tried(title, verdict, score, variants, finding.id if finding else ""))
            yield from found

    def _moved(self, base: Base, relay: HostRelay, variant: Any, found: Finding) -> list[Finding]:
        """Room that the original leaves is no tolerance."""

        def pays(by: float) -> bool:
            trial = relay.trial("moved", (by, variant[1]))
            return trial is not None and base.finding("moved", "", trial) is not None

        level = tolerated(pays, variant[0])
        return [replace(found, level=level)] if level else []

    def _best_without_work(self, instances: Sequence[Instance]) -> tuple[str, Trial | None]:
        """The best answers that need no original: they stand in for those of one that fails."""
        best: tuple[str, Trial | None] = ("", None)
        for _, title, words, answers in without_work(instances, ()):
            trial = self.bench.scored(answers) if answers else None
            if trial and trial.accepted and (best[1] is None or mean(trial.scores) > mean(best[1].scores)):
                best = (f"{title} ({words})", trial)
        return best

    def _hidden(self, instances: Sequence[Instance]) -> Trial | None:
        """The hidden data, or a part of it, as answers, if they are perfect: those of a poor original show less."""
        for path, _ in parts_of(instances[0].hidden):
            if len(path) > 1:
                continue
            try:
                trial = self.bench.scored([step_into(one.hidden, path) for one in instances])
            except (LookupError, TypeError, ValueError):
                continue
            if trial.is_perfect:
                return trial
        return None


Trials = Callable[[HostRelay], Iterator[tuple[Any, Trial]]]
"""(variant, trial) of one way to spoil the answers that pass a relay."""


def _spoilers() -> Iterator[tuple[str, str, Trials]]:
    """(kind, title, trials) of the table."""
    for one in SPOILERS.values():

        def trials(relay: HostRelay, one: Spoiler = one) -> Iterator[tuple[Any, Trial]]:
            for variant in one.variants:
                if (trial := relay.trial(one.name, variant)) is not None:
                    yield variant, trial

        yield one.kind, one.title, trials


def _without_work(instances: Sequence[Instance], honest: Sequence[Any]) -> Iterator[tuple[str, str, Trials]]:
    for (kind, title), ways in groupby(without_work(instances, honest), key=lambda way: way[:2]):
        made = [(words, answers) for _, _, words, answers in ways if answers]

        def trials(relay: HostRelay, made: Sequence[tuple[str, list[Any]]] = made) -> Iterator[tuple[Any, Trial]]:
            for words, answers in made:
                yield words, relay.bench.scored(answers)

        yield kind, title, trials


def _answers(outcomes: Sequence[Outcome], count: int) -> list[Any] | None:
    values = [outcome.value for outcome in outcomes[:count] if isinstance(outcome, Returned)]
    return values if len(values) == count else None


def _same(one: Sequence[Outcome], other: Sequence[Outcome]) -> bool:
    pairs = zip(one, other, strict=False)
    return all(isinstance(a, Returned) and isinstance(b, Returned) and same_answer(a.value, b.value) for a, b in pairs)
