"""The original of a command task: does it run, is its score one number, how much does that vary, and does the seed matter?"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import TypeVar

from strop.base.as_document import HIDDEN, computed
from strop.base.errors import Malformed
from strop.base.pluralize import plain, quantity
from strop.checks.command_bench import CommandBench
from strop.checks.findings import Finding, new_finding
from strop.checks.seed import MUCH, deviation
from strop.core.metric_change import check_of
from strop.evaluation.commands.preconditions import AGAIN_SECONDS
from strop.evaluation.commands.program_copy import Copy, CopyRun
from strop.tasks.command.behaviour import Behaviour
from strop.tasks.command.objective import TIMES
from strop.tasks.command.readers import Reading, check_original, in_words
from strop.tasks.command.task import CommandTask

UNREADABLE = "malformed"
"""The verdict of a run whose score cannot be read."""
TELLING = 1e-12
"""Relative; values that differ by less are equal."""
TIMES_MORE = 20
"""For each of the runs with one seed, how many are compared with each other in all: 100 of 5, which show an output that varies in
3% of the runs with probability 95%."""
_SEPARATOR = re.compile(r"&&|\|\||[;|\n]")
T = TypeVar("T")
_TEST_TOOL = re.compile(
    r"(?<![\w/.-])(?:pytest|unittest|ctest|tox|nox|jest|vitest|prove|(?:cargo|go|npm|yarn|dotnet|mvn|gradle)\s+test|make\s+(?:-\S+\s+)*"
    r"(?:test|check))\b"
)


@dataclass(frozen=True)
class Repeated:
    """Runs with one seed whose behaviour was compared with the first one's."""

    runs: int = 0
    """How many were compared."""
    differing: int = 0
    """How many differed."""
    example: str = ""
    """The first difference."""

    def seen(self, share: float) -> float:
        """The probability that an output which varies in this share of the runs would have been seen to."""
        return 1 - (1 - share) ** self.runs


@dataclass(frozen=True)
class CommandOriginal:
    """The runs of the original."""

    task: CommandTask = field(metadata=HIDDEN)
    findings: tuple[Finding, ...] = field(metadata=HIDDEN)
    same: tuple[Mapping[str, float], ...] = ()
    """Values of the runs with one seed."""
    others: tuple[Mapping[str, float], ...] = ()
    """Values of the runs with other seeds, one each."""
    utilities: tuple[float, ...] = ()
    """Utilities of `same`, relative to the mean of their values."""
    output: str = field(default="", metadata=HIDDEN)
    """What the first run printed."""
    share: float = 0.0
    """Share of the time limit that the slowest run took."""
    shown: tuple[Behaviour, ...] = field(default=(), metadata=HIDDEN)
    """The behaviour of each run, those with one seed first; empty if nothing is compared."""
    repeated: Repeated = Repeated()
    """Runs with one seed whose output was compared."""
    readings: Mapping[str, Reading] = field(default_factory=dict, metadata=HIDDEN)
    """What the scores of the first run are of."""
    first: CopyRun | None = field(default=None, metadata=HIDDEN)
    """The first run; None if it failed."""

    @computed
    def command(self) -> str:
        """The command."""
        return self.task.command

    @computed
    def readers(self) -> Mapping[str, str]:
        """Score → how it is read."""
        return self.task.objective.readers

    @computed
    def read(self) -> Mapping[str, str]:
        """Score → what was read from the first run, where, and whether less or more of it is better."""
        return {name: in_words(self.task.objective, name, reading) for name, reading in self.readings.items()}

    @computed
    def values(self) -> dict[str, float]:
        """Metric → mean over the runs with one seed."""
        return mean_values(self.same)

    @computed
    def deterministic(self) -> bool:
        """Whether the runs with one seed have equal values; false if none ended."""
        return bool(self.same) and all(_equal(values, self.same[0]) for values in self.same)

    @computed
    def seed_matters(self) -> bool | None:
        """Whether another seed gives other values; null if runs with one seed differ too."""
        if not self.deterministic:
            return None
        return any(not _equal(values, self.same[0]) for values in self.others)

    @property
    def summary(self) -> str:
        """Its values, as text."""
        return ", ".join(f"{name} {plain(value, 6)}" for name, value in self.values.items())


def examine_original(bench: CommandBench, repeat: int, beside: Executor | None = None) -> CommandOriginal:
    """Build and run the original: `repeat` times with one seed, and `repeat` times with others.

    `beside`: what runs a second copy, if its runs may be beside those of the first.
    """
    task = bench.task
    with _original(bench) as copy:
        failed = copy.build() or copy.test()
        if failed is not None:
            return CommandOriginal(task, (new_finding("C401", f"{failed.verdict}: {sentence(failed)}"),))
        bench.tests_ran = copy.tests_ran
        runs = [_fit(task, copy.run(bench.seed(), 0))]

        def rerun(one: Copy, indices: Iterable[int]) -> list[CopyRun]:
            found: list[CopyRun] = []
            for index in indices:
                if all(run.values for run in (*runs, *found)):
                    found.append(one.run(bench.seed(index), index).like(runs[0].readings))
            return found

        of_other_seeds = _beside(bench, copy, beside, lambda one: rerun(one, range(1, repeat + 1)))
        runs += rerun(copy, (0,) * (repeat - 1))
        runs += of_other_seeds()
        if failures := [at for at, run in enumerate(runs, 1) if not run.values]:
            return CommandOriginal(task, (_failure(runs[: failures[0]]),), output=runs[0].output)
        again = _repeated(bench, copy, runs[:repeat], beside)
    same, others = (tuple(dict(run.values) for run in part) for part in (runs[:repeat], runs[repeat:]))
    share = max(run.wall_seconds for run in runs) / task.time_limit
    utilities = tuple(task.objective.utility(values, mean_values(same)) for values in same)
    shown = tuple(run.behaviour for run in runs if run.behaviour is not None)
    original = CommandOriginal(
        task, (), same, others, utilities, runs[0].output, share, shown, again, runs[0].readings, runs[0]
    )
    findings = (*_of_scores(task, original), *_of_answers(task, original), *_of_tests(task))
    return replace(original, findings=findings)


def _original(bench: CommandBench) -> Copy:
    """A copy with the original, in one process with its evaluator."""
    return Copy(bench.task, bench.task.files, bench.workspaces, bench.notes)


def _beside(
    bench: CommandBench, copy: Copy, pool: Executor | None, work: Callable[[Copy], list[T]]
) -> Callable[[], list[T]]:
    """Work in a second copy beside this one if there is a pool, else in this one when the result is asked for."""

    def elsewhere() -> list[T]:
        with _original(bench) as other:
            return work(other) if other.build() is None else []

    return (lambda: work(copy)) if pool is None else pool.submit(elsewhere).result


def _repeated(bench: CommandBench, copy: Copy, runs: Sequence[CopyRun], pool: Executor | None) -> Repeated:
    """Compare the behaviour of `runs`, all with the first seed, and of further ones."""
    first, end = runs[0].behaviour, time.monotonic() + AGAIN_SECONDS
    if first is None:
        return Repeated()
    further = iter(range((TIMES_MORE - 1) * len(runs)))  # the two copies take turns from it

    def difference(run: CopyRun) -> str:
        return first.difference(run.behaviour, quoted=True) if run.behaviour else f"it fails: {sentence(run)}"

    def compare(one: Copy) -> list[str]:
        found: list[str] = []
        while not any(found[-1:]) and time.monotonic() < end and next(further, None) is not None:
            found.append(difference(one.run(bench.seed(), 0)))
        return found

    found = [difference(run) for run in runs]
    if not any(found):
        more = _beside(bench, copy, pool, compare) if pool is not None else list
        found += compare(copy)
        found += more()
    return Repeated(len(found), sum(map(bool, found)), next(filter(None, found), ""))


def _fit(task: CommandTask, run: CopyRun) -> CopyRun:
    """A run, or malformed if its values have two readings, or another unit than a constraint."""
    try:
        if run.values:
            check_original(task.objective, run.readings)
    except Malformed as error:
        return replace(run, verdict="malformed", error=str(error), values={})
    return run


def mean_values(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Metric → mean; empty for no runs."""
    return {name: sum(values[name] for values in runs) / len(runs) for name in runs[0]} if runs else {}


def _failure(runs: Sequence[CopyRun]) -> Finding:
    last, before = runs[-1], len(runs) - 1
    which = f" in run {len(runs)}, after {quantity(before, 'run')} that did not fail" if before else ""
    return new_finding("C402" if last.verdict == UNREADABLE else "C401", f"{last.verdict}{which}: {sentence(last)}")


def _of_scores(task: CommandTask, original: CommandOriginal) -> Iterator[Finding]:
    """What is wrong with the values."""
    if unmet := next((reason for values in original.same if (reason := task.objective.unmet(values))), ""):
        yield new_finding("C403", unmet)
    # A time differs in every run; times are measured in turns.
    steady = [name for name, reader in task.objective.readers.items() if reader not in TIMES]
    if any(not _equal({name: values[name] for name in steady}, original.same[0]) for values in original.same):
        name = task.objective.metrics[0].name
        spread = deviation([values[name] for values in original.same]) or 0.0
        detail = f"{name}: standard deviation {plain(spread)}, {quantity(len(original.same), 'run')} with one seed"
        yield new_finding("C404", detail)
    if task.seeded and original.seed_matters is False:
        runs = quantity(len(original.others), "run")
        yield new_finding("C405", f"{runs} with other seeds have exactly the same values: {original.summary}")
    if original.share > MUCH:
        yield new_finding("C406", f"the slowest run took {original.share:.0%} of {task.time_limit:g} s")


def _of_answers(task: CommandTask, original: CommandOriginal) -> Iterator[Finding]:
    """The first reason why nothing looks at the answer of a program whose score is a cost."""
    check, shown, again = check_of(task), original.shown, original.repeated
    metrics = " and ".join(metric.name for metric in task.objective.metrics)
    if check == "nothing":
        detail = f"only {metrics} counts, and the comparison with the original's output is turned off"
        yield new_finding("C416", detail, "warning")
    elif again.differing:
        share = f"in {again.differing} of {quantity(again.runs, 'run')} with one seed"
        yield new_finding("C418", f"{share}, {again.example}")
    elif any(run.is_partial for run in shown):
        yield new_finding(
            "C416", "the original prints more than can be compared beside a score, or bytes that are not UTF-8"
        )
    elif shown and all(run.is_empty for run in shown) and not task.objective.has_check:
        yield new_finding("C416", f"only {metrics} counts; the original prints nothing and leaves no file")
    elif check == "comparison" and len({run.name for run in shown}) == 1:
        runs = quantity(len(original.others), "run")
        detail = f"{runs} with other seeds showed the same: a program that prints just that is as good, and none is called better"
        yield new_finding("C417", detail, "note" if task.fixed_input else None)


def _of_tests(task: CommandTask) -> Iterator[Finding]:
    """Tests that run beside what is timed: their time hides a change of the rest."""
    timed = any(task.objective.readers[metric.name] in TIMES for metric in task.objective.metrics)
    parts = [part.strip() for part in _SEPARATOR.split(task.command) if part.strip()]
    tests = next((part for part in parts if _TEST_TOOL.search(part)), "")
    if timed and tests and len(parts) > 1:
        yield new_finding("C419", f"each run of the command runs {tests!a:.80} too")


def sentence(run: CopyRun) -> str:
    """Why a run failed, and the last line that it printed."""
    lines = [line for line in run.error.splitlines() if line.strip()]
    return " ... ".join(dict.fromkeys([lines[0], lines[-1]])) if lines else run.verdict


def _equal(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    return all(abs(one[name] - other[name]) <= TELLING * max(abs(one[name]), abs(other[name])) for name in one)
