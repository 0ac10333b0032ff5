"""Measure a program of a command task: it runs in copies of the tree, and the host, a judge or an evaluator reads its scores.

A candidate is measured relative to the original. They run in turns if the metric is noisy (a time), or for the verdict, where
only one candidate is measured: then a drift of the machine favours neither. Otherwise the original is measured once. The first
failing instance ends an evaluation and costs the whole utility.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import Any, TypeAlias

from strop.base.errors import ConfigurationError, Malformed, TaskError
from strop.base.events import discard
from strop.base.failures import gist
from strop.base.protections import IN_CONTAINERS
from strop.base.results import MEMORY, Evaluation, means_of
from strop.evaluation.audit_log import AuditLog
from strop.evaluation.base import Baseline, Order, OrderResult
from strop.evaluation.commands.built_program import BuiltProgram, ProgramRun
from strop.evaluation.commands.command_program import WorkspacePool
from strop.evaluation.commands.evaluated_program import Isolation
from strop.evaluation.commands.original import (
    EvaluatorTrial,
    check_comparable,
    check_effect,
    check_left,
    in_one_process,
    raised_in,
    trial,
)
from strop.evaluation.laws import SAME, VARIED, check_names, check_scorer, leaves_out
from strop.evaluation.tally import Tally, Worth, carried_out
from strop.tasks.base import SecretSeeds
from strop.tasks.command.behaviour import Behaviour
from strop.tasks.command.bundle import unbundled
from strop.tasks.command.objective import held_to
from strop.tasks.command.task import CommandTask
from strop.tasks.command.tree import compiled_files
from strop.tasks.regions import check_only


def candidate_files(task: CommandTask, candidate: str) -> dict[str, str]:
    """All files of a candidate.

    Raises:
        Malformed: it is not a bundle of files, or changes something that may not change; the message says what.
    """
    files = unbundled(candidate, task.files, is_version=bool(task.target_files))
    for path, text in files.items():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise Malformed(f"{path!a:.200} cannot be written as UTF-8") from None
    if not task.target_files:
        check_only(task.files, files, task.only)
    if task.evaluator is not None:
        check_names(files.values(), task.files.values())
    return files


MOST_SPOILED = 3
"""Instances of which answers are spoiled."""
_MISSING = re.compile(r"no such file|not found|cannot find|undefined|no rule|no module", re.IGNORECASE)
SHOWN = "; strop check shows what it printed"
"""`strop check` finds that in the notes of the error."""


def measure_command(
    task: CommandTask, order: Order, pool: WorkspacePool, progress: Callable[[int, int], object]
) -> OrderResult:
    """The result of an order of a command task.

    `progress` is called as each measurement for a verdict begins, with its number from 1, and how many there are at most. The
    original has utility 1/2, and runs only if the order's baseline lacks what it showed.

    Raises:
        SandboxError: the host failed.
    """
    return carried_out(order, lambda log: CommandMeasurement(task, order, pool, log, progress).result())


_NOTHING = ProgramRun("ok", "", {}, (), 0.0, 0.0)
"""Stands for a run of the original that is not needed, because the candidate fails."""
Spoiled: TypeAlias = Callable[..., list[ProgramRun]]
"""As `CommandMeasurement.runs_of_original`, for one copy."""


@contextmanager
def spoiling(task: CommandTask, order: Order, pool: WorkspacePool) -> Iterator[Spoiled]:
    """Runs of the original with spoiled answers (strop.checks.relay), in one copy, on instances that the order's secret draws.
    The order has a baseline.

    Raises:
        StropError: the original does not run, or the host failed.
    """
    with AuditLog(discard, order.scope, order.program) as log:
        own = replace(order, seeds=SecretSeeds(order.secret))
        measurement = CommandMeasurement(task, own, pool, log, lambda *_: None)
        with measurement.built_original() as copy:
            copy.answers = {}
            yield partial(measurement.runs_of_original, copy)
            copy.answers = None


class CommandMeasurement:
    """One evaluation of a command task."""

    def __init__(
        self,
        task: CommandTask,
        order: Order,
        pool: WorkspacePool,
        notes: AuditLog,
        progress: Callable[[int, int], object],
    ) -> None:
        self.task, self.order, self.pool, self.notes, self.progress = task, order, pool, notes, progress
        self.baseline = order.baseline or Baseline(order.split, order.seeds, Evaluation(value=0.5, verdict="ok"))
        """What is known of the original; it grows while the original is measured."""
        self.split, self.count = order.split, task.count(order.split) if task.cases else order.count(task)
        self._failing: ProgramRun | None = None
        """The original's last failure on an instance of the verdict."""

    def result(self) -> OrderResult:
        """The mean utility over the instances, relative to the original. The result of the original itself has its baseline, too.

        Raises:
            Malformed: the text is no program of the task.
            ConfigurationError: the evaluator cannot be kept apart from the program.
            TaskError: the original does not run, or its score cannot be read.
            SandboxError: the host failed.
        """
        files = candidate_files(self.task, self.order.program)
        if files == dict(self.task.files):
            return self._of_original_itself()
        assert self.order.baseline is not None, "an original is measured before other programs"
        return OrderResult(held_to(self.task.required, self._of_program(files)))

    def runs_of_original(self, copy: BuiltProgram, spoil: Mapping[str, Any] | None, least: int = 1) -> list[ProgramRun]:
        """Runs of the original on the first instances, with answers spoiled on their way to a judge or an evaluator. Of drawn
        instances there are `least` runs or more. The first spoiled answer that is refused is the last run."""
        count, runs = min(self.count, MOST_SPOILED), list[ProgramRun]()
        for index in range(count if self.task.cases else max(count, least)):
            runs.append(self._run(copy, index, spoil))
            if spoil is not None and not runs[-1].values:
                break
        return runs

    def try_evaluator(self, *, is_recorded: bool = False) -> EvaluatorTrial | None:
        """A trial of an evaluator apart from the original; None if its result is known, or no evaluator runs apart.

        It runs before anything else, and shows which calls the evaluator makes.

        Raises:
            ConfigurationError: the evaluator cannot run apart from the program, or not on this machine.
            TaskError: the original does not run.
        """
        if not self.task.is_isolated or self.baseline.calls is not None:
            return None
        if not self.pool.workspaces.has_trees:
            raise ConfigurationError(
                f"task {self.task.name}: this machine cannot give commands a network of their own, which keeps an evaluator "
                f"apart from the program; {IN_CONTAINERS}; {in_one_process()}"
            )
        tried = trial(self.task, self._run_of_trial, is_recorded=is_recorded)
        self.baseline = replace(self.baseline, calls=tried.original_calls)
        self._checked_original(tried.runs[0])
        return tried

    def _run_of_trial(self, index: int, isolation: Isolation | None) -> ProgramRun:
        """The original on a training instance."""
        seed = self.order.seeds.seed(self.task.name, "train", index)
        with self.pool.opened(self.task, self.task.files, self.notes, isolation) as copy:
            return copy.run(seed)

    def _copy(self, files: Mapping[str, str]) -> BuiltProgram:
        isolation = None if self.baseline.calls is None else Isolation(self.baseline.calls)
        return self.pool.opened(self.task, files, self.notes, isolation)

    def _of_original_itself(self) -> OrderResult:
        is_scored = self.order.baseline is not None and self.baseline.is_of(self.order)
        if is_scored and self.baseline.is_whole:
            return OrderResult(self.baseline.evaluation)
        tried = self.try_evaluator(is_recorded=is_scored)
        if is_scored:
            return OrderResult(self.baseline.evaluation, baseline=self._seen_again())
        # the trial of an evaluator has made some of the runs in training
        first, again = (tried.runs, tried.again) if tried is not None and self.split == "train" else ((), None)
        with self.built_original() as copy:
            runs = [
                self._checked_original(first[index] if index < len(first) else self._run(copy, index))
                for index in range(self.count)
            ]
            varies = self.split == "train" and self._examined(copy, runs, again)
        if (
            self.split == "train" and self.baseline.calls is None and not self.task.target_files
        ):  # with an evaluator, its calls show that the program has an effect
            check_effect(self.task, runs[0], lambda files: self._tried(files, runs[0]))
        objective, values = self.task.objective, [run.values for run in runs]
        answers = [run.answered for run in runs] if objective.is_cost else []
        tally = Tally(self.order, self.count, metrics=values, original_metrics=values, answers=answers)
        for run in runs:
            unmet = objective.unmet(run.values)
            tally.spent(run.cpu_seconds, run.wall_seconds, run.notes)
            tally.add(Worth(0.0, "malformed", unmet) if unmet else Worth(objective.utility(run.values, run.values)))
        evaluation = replace(tally.evaluation, original_varies=varies)
        baseline = replace(
            self.baseline,
            split=self.split,
            seeds=self.order.seeds,
            evaluation=replace(evaluation, cpu_seconds=0.0, seconds=(), wall_seconds=0.0),
            behaviours=_shown(runs),
        )
        return OrderResult(evaluation, baseline=baseline)

    def _seen_again(self) -> Baseline:
        """The baseline of an original whose evaluation is recorded, completed by running the original again."""
        with self.built_original() as copy:
            count = self.count if self.task.compare_output else 1
            runs = [self._of_original(copy, index) for index in range(count)]
        return replace(self.baseline, behaviours=_shown(runs))

    def _examined(self, copy: BuiltProgram, runs: list[ProgramRun], seen: ProgramRun | None) -> bool:
        """Run the original again in training, and check that it behaves in the same way. Returns whether its score varies on one
        seed.

        `seen` is a second run on the first instance, if there was one.
        """
        task = self.task
        count = len(runs) if task.compare_output else 1
        again = [self._checked_original(seen or self._run(copy, index)) for index in range(count)]
        check_comparable(task, runs, again)
        if task.compare_output:
            check_left(task, copy.left_beside(task.case(self.split, len(again) - 1, self.order.seeds)))
        low, high = sorted(task.objective.counted(run.values) for run in (runs[0], again[0]))
        if task.objective.reader == MEMORY:
            return high >= VARIED * low
        return low != high and not task.objective.counts_cost

    def _tried(self, files: Mapping[str, str], original: ProgramRun) -> ProgramRun | None:
        """The run of a program on the first instance; None if it does not build."""
        with self._copy(files) as copy:
            return self._run(copy, 0).like(original.readings) if copy.build() is None else None

    @contextmanager
    def built_original(self) -> Iterator[BuiltProgram]:
        """A built copy of the original. If a command built it, it is kept for the next measurement."""
        copy = self.pool.idle_original(self.task) or self._copy(self.task.files)
        copy.notes = self.notes
        try:
            self._built(copy)
            yield copy
        except BaseException:
            copy.close()
            raise
        self.pool.keep_original(self.task, copy)

    def _of_program(self, files: Mapping[str, str]) -> Evaluation:
        """The evaluation of a candidate, measured in turns with the original (A B B A A B B A), or relative to its baseline.

        For a verdict about times each measurement has a fresh pair of copies. Two copies of one program differ in speed by where
        they lie in memory, and no number of turns in one copy averages that out. Short runs may be repeated.
        """
        part, count = self.order.numbers(self.count), self.count
        tally = Tally(self.order, len(part), part.start, planned=count * self.order.is_final)
        in_turns = self.order.is_final or self.task.interleaved
        is_fresh = self.order.is_final and self.task.objective.is_timed
        ends_early = self.order.is_final and not self.task.interleaved
        for _, indices in groupby(part, lambda index: index * is_fresh):
            if is_fresh:
                self.pool.free(self.task.name)
            open_original = partial(self._copy, self.task.files) if is_fresh else self.built_original
            with self._copy(files) as candidate, open_original() if in_turns else nullcontext() as original:
                if len(tally.scores) % 2:  # the first of them in turns, too
                    self._built(original)
                if not _succeeded(candidate.build(), tally):
                    return tally.evaluation
                self._built(original)
                for index in indices:
                    if ends_early and self._shows_enough(tally):
                        return tally.evaluation
                    if in_turns and self.split == "test":
                        self.progress(index + 1, count)
                    if not self._measure_both(candidate, original, index, tally):
                        return tally.evaluation
        if not tally.scores and not part.start and self._failing is not None:
            raise self._not_measured(f" ({self._failing.verdict})", self._failing)
        return tally.evaluation

    def _measure_both(self, candidate: BuiltProgram, original: BuiltProgram | None, index: int, tally: Tally) -> bool:
        """Measure both programs on an instance. Returns whether the candidate is right, or the instance is left out."""
        original_run = self._original_run(original, index) if index % 2 == 0 else None
        measured = self._of_candidate(candidate, index, original)
        if original_run is None and (measured.values or self.order.is_final):
            original_run = self._original_run(original, index)
        if original_run is None:
            return self._counted(tally, index, measured, _NOTHING)
        measured = self._checked(measured, original_run)
        if not original_run.values:
            self._failing = original_run
            tally.spent(measured.cpu_seconds, measured.wall_seconds, measured.notes)
            tally.left_out.append(measured.verdict != "ok")
            return True
        if original is not None and self.order.is_final and self.task.objective.is_timed:
            original_run, measured = self._repeated(candidate, original, index, original_run, measured)
            measured = self._checked(measured, original_run)
        return self._counted(tally, index, measured, original_run)

    def _counted(self, tally: Tally, index: int, measured: ProgramRun, original: ProgramRun) -> bool:
        """Count an instance. Returns whether the program is right."""
        tally.spent(measured.cpu_seconds, measured.wall_seconds, measured.notes)
        if measured.values:
            tally.metrics.append(dict(measured.values))
            tally.original_metrics.append(dict(original.values))
            if self.task.objective.is_cost and original.answered:
                tally.answers.append(original.answered)
        if measured.verdict == "ok":
            tally.add(Worth(self.task.objective.utility(measured.values, original.values)))
            return True
        case = self.task.case(self.split, index, self.order.seeds)
        where = f"case {case}" if case and self.split == "train" else f"instance {index}"
        tally.add(Worth(0.0, measured.verdict, f"{where}: {measured.error}"))
        return False

    def _checked(self, measured: ProgramRun, original: ProgramRun) -> ProgramRun:
        """A candidate's run, or a malformed one if its scores measure something else than the original's, miss a requirement, or
        if its behaviour differs from the original's. The message quotes no answer to a held-out instance."""
        measured, difference = measured.like(self.baseline.readings or {}), ""
        if original.behaviour is not None and measured.behaviour is not None:
            difference = original.behaviour.difference(measured.behaviour, quoted=self.split == "train")
        unmet = self.task.objective.unmet(measured.values) if measured.values else ""
        why = f"{unmet}\n{measured.tail}".rstrip() if unmet else difference
        return replace(measured, verdict="malformed", error=why) if why else measured

    def _shows_enough(self, tally: Tally) -> bool:
        """Whether all measurements of each program so far have one value, and further ones would show nothing new."""
        rows = tally.metrics, tally.original_metrics
        same = all(len({*map(self.task.objective.counted, row)}) == 1 for row in rows)
        return self.task.input == "chosen" and len(tally.metrics) >= SAME and same

    def _repeated(
        self,
        candidate: BuiltProgram,
        original: BuiltProgram,
        index: int,
        original_run: ProgramRun,
        measured: ProgramRun,
    ) -> tuple[ProgramRun, ProgramRun]:
        """A run of each program on an instance, with the mean time of several runs. If the candidate fails, its failed run is
        returned."""
        if measured.verdict != "ok":
            return original_run, measured
        olds, news = [original_run], [measured]
        for again in range(1, self.order.part.times(original_run.wall_seconds + measured.wall_seconds)):
            if (index + again) % 2 == 0:
                olds.append(self._of_original(original, index))
            news.append(self._checked(self._of_candidate(candidate, index, original), original_run))
            if (index + again) % 2:
                olds.append(self._of_original(original, index))
            if news[-1].verdict != "ok":
                return original_run, news[-1]
        name = self.task.objective.metric.name
        old, new = (replace(runs[0], values={**runs[0].values, **_mean_of(name, runs)}) for runs in (olds, news))
        return old, new

    def _run(self, copy: BuiltProgram, index: int, spoil: Mapping[str, Any] | None = None) -> ProgramRun:
        task, split, seeds = self.task, self.split, self.order.seeds
        return copy.run(seeds.seed(task.name, split, index), task.case(split, index, seeds), spoil)

    def _of_candidate(self, candidate: BuiltProgram, index: int, original: BuiltProgram | None) -> ProgramRun:
        """The run of a candidate on an instance. Raises ScorerFailed if a judge or an evaluator fails on it and on the
        original."""
        measured = self._run(candidate, index)
        if measured.scorer_failed:
            with nullcontext(original) if original is not None else self.built_original() as copy:
                check_scorer(lambda: self._of_original(copy, index), self.task.scorer)
        return measured

    def _built(self, original: BuiltProgram | None) -> None:
        failed = original.build() if original is not None else None
        if failed is not None:
            compiled = [path for path in compiled_files(self.task.root) if path not in self.task.context][:3]
            hint = f"; compiled files are left out of the copy ({', '.join(compiled)}): name under context what no build makes"
            raise self._not_measured("", failed, hint if compiled and _MISSING.search(failed.error) else "")

    def _not_measured(self, verdict: str, failed: ProgramRun, hint: str = "") -> TaskError:
        reason = gist(failed.error)
        error = TaskError(
            f"task {self.task.name}: the original cannot be measured{verdict}: {reason}{raised_in(self.task, failed)}"
            f"{hint}{SHOWN}"
        )
        if rest := [line for line in failed.error.splitlines()[1:] if line.strip() not in reason.split(" ... ")]:
            error.add_note("\n".join(rest))
        return error

    def _of_original(self, copy: BuiltProgram, index: int) -> ProgramRun:
        return self._checked_original(self._run(copy, index))

    def _original_run(self, copy: BuiltProgram | None, index: int) -> ProgramRun:
        """The run of the original on an instance; without a copy the one of its baseline. For a verdict it may fail; then it has
        no values."""
        if copy is None:
            evaluation, seen = self.baseline.evaluation, self.baseline.behaviours[index:]
            answer, behaviour = "".join(evaluation.answers[index : index + 1]), next(iter(seen), None)
            return replace(_NOTHING, values=evaluation.metrics[index], answer=answer, behaviour=behaviour)
        measured = self._run(copy, index)
        is_left_out = leaves_out(
            is_final=self.order.is_final, fails=not measured.values, scorer_failed=measured.scorer_failed
        )
        return measured if is_left_out else self._checked_original(measured)

    def _checked_original(self, measured: ProgramRun) -> ProgramRun:
        if measured.values:
            if self.baseline.readings is None:
                self.baseline = replace(self.baseline, readings=measured.readings)
            measured = measured.like(self.baseline.readings or {})
        if not measured.values:
            raise self._not_measured(f" ({measured.verdict})", measured)
        return measured


def _succeeded(failed: ProgramRun | None, tally: Tally) -> bool:
    """Whether a build succeeded. A failed build is counted as the whole evaluation."""
    if failed is not None:
        tally.spent(failed.cpu_seconds, failed.wall_seconds, failed.notes)
        tally.add(Worth(0.0, failed.verdict, failed.error))
    return failed is None


def _mean_of(name: str, runs: Sequence[ProgramRun]) -> dict[str, float]:
    return {name: means_of([run.values for run in runs])[name]}


def _shown(runs: Sequence[ProgramRun]) -> tuple[Behaviour, ...]:
    return tuple(run.behaviour for run in runs if run.behaviour is not None)
