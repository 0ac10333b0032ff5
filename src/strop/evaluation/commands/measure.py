"""Measure a program of a command task: it runs in copies of the tree, and the host reads the scores.

A candidate is measured relative to the original. They run in turns if the metrics are noisy (times), or for the verdict, where
only one candidate is measured: then a drift of the machine favours neither. Otherwise the original is measured once. The first
failing instance ends an evaluation and costs the whole utility.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import TypeAlias

from strop.base.console import notify
from strop.base.errors import Malformed, SandboxError, StropError, TaskError
from strop.base.events import AuditNoted
from strop.base.results import Evaluation
from strop.base.terminal_text import escape
from strop.evaluation.audit_log import AuditLog
from strop.evaluation.base import Order, OrderResult
from strop.evaluation.commands.apart import Terms
from strop.evaluation.commands.candidate_files import candidate_files
from strop.evaluation.commands.failed_calls import FailedCalls
from strop.evaluation.commands.originals import Originals, original_evaluation
from strop.evaluation.commands.preconditions import check_comparable, check_effect, check_tested, lacking
from strop.evaluation.commands.program_copy import (
    Copy,
    CopyRun,
    TestsRan,
    behaviour_of_run,
    behaviours,
    differs,
)
from strop.evaluation.commands.same_build import left_by_build, reads
from strop.evaluation.commands.tally import Tally
from strop.evaluation.commands.trial import terms_of
from strop.evaluation.feedback import gist
from strop.evaluation.outcomes import REPORT_CHARACTERS
from strop.sandbox.workspace.base import Workspaces
from strop.tasks.base import Split
from strop.tasks.command.behaviour import Behaviour
from strop.tasks.command.readers import Reading, in_words
from strop.tasks.command.task import CommandTask

LEAST = 6
"""The fewest measurements that may show a difference."""
COPIES = 10
"""Into how many fresh pairs of copies, of the candidate and of the original, measurements for a verdict are divided at most."""
Progress: TypeAlias = Callable[[Order, int, int], None]
"""Called for each measurement that begins for a verdict, with its order, its number from 1, and how many there are at most."""
_SHOWN = "; strop check shows what it printed"


def copy_of(index: int, count: int) -> int:
    """The pair of copies in which measurement `index` of `count` is made. Copies take turns of their own, one after another."""
    return index * min(COPIES, count) // count


def measure_command(
    task: CommandTask, order: Order, workspaces: Workspaces, originals: Originals, progress: Progress
) -> OrderResult:
    """Carry out an order. The original's own text has 1/2 and runs only once.

    Raises:
        SandboxError: the host failed.
    """
    notes: list[AuditNoted] = []
    try:
        with AuditLog(notes.append, order.scope, order.program) as log:  # type: ignore[arg-type]
            evaluation = CommandMeasurement(task, order, workspaces, originals, log, progress).evaluation()
    except SandboxError:
        raise
    except StropError as error:  # the original does not run, or its score cannot be read
        return OrderResult(None, tuple(notes), error)
    return OrderResult(evaluation, tuple(notes))


@dataclass(frozen=True)
class CommandMeasurement:
    """One evaluation of a command task."""

    task: CommandTask
    order: Order
    workspaces: Workspaces
    originals: Originals
    notes: AuditLog
    progress: Progress

    @property
    def split(self) -> Split:
        return self.order.split

    def evaluation(self) -> Evaluation:
        """The mean over the instances, relative to the original.

        Raises:
            TaskError: the original does not run, or its score cannot be read.
            SandboxError: the host failed.
        """
        try:
            files = candidate_files(self.task, self.order.program)
        except Malformed as error:
            return Evaluation(value=0.0, verdict="malformed", error=str(error)[:REPORT_CHARACTERS])
        seed = self.order.seeds.seed(self.task.name, "train", 0)
        self.originals.agree(
            lambda: terms_of(self.task, seed, self.workspaces, self.notes, self.originals.recorded_sharing())
        )
        if files == dict(self.task.files):
            evaluation = self._original()
        else:
            in_turns = self.task.interleaved or self.order.in_turns
            tally = Tally(self.task, self.split)
            evaluation = self._beside(files, tally) if in_turns else self._alone(files, tally)
            evaluation = self._without_failures(evaluation, tally)
            evaluation = replace(evaluation, doubt=evaluation.doubt or self.originals.repeats.doubt)
        return replace(evaluation, unproven_because=self.originals.reason() or evaluation.unproven_because)

    def _without_failures(self, evaluation: Evaluation, tally: Tally) -> Evaluation:
        """The evaluation; malformed, or unproven, if the evaluator leaves calls of the program that failed out of its score."""
        if evaluation.verdict != "ok" or max(evaluation.scores) <= 0.5 or self.originals.reason():
            return evaluation
        trial = FailedCalls(self.task, self.workspaces, self.notes, self._terms, self._seed(0))
        found = [trial.finding(run) for run in tally.failing]
        unproven = next((words for _, words in found if words), "")
        malformed = next((words for words, _ in found if words), "")
        return tally.refused(malformed) if malformed else replace(evaluation, unproven_because=unproven)

    @property
    def _terms(self) -> Terms:
        return self.originals.agree(Terms)

    def _copy(self, files: Mapping[str, str]) -> Copy:
        return Copy(self.task, files, self.workspaces, self.notes, self._terms)

    def _original(self) -> Evaluation:
        def measure() -> Evaluation:
            # Every comparison of a gate has its own seeds.
            recorded = self.originals.recorded(self.split) if self.split != "gate" else None
            return recorded or self._measured_original()

        return self.originals.of(self._key, measure)

    @property
    def _key(self) -> tuple[Split, int]:
        """Includes a seed, because every comparison of a gate has its own seeds."""
        return self.split, self._seed(0)

    def _measured_original(self) -> Evaluation:
        tally = Tally(self.task, self.split)
        with self._copy(self.task.files) as copy:
            self._built(copy)
            runs = []
            for index in range(self.task.count(self.split)):
                runs.append(self._of_original(copy, index))
                tally.spent(index, runs[-1])
            shown = behaviours(runs)
            if self.split == "train":
                check_comparable(self.task, shown, lambda index: self._of_original(copy, index), self.originals.again)
                check_tested(self.task, copy)
                self.originals.keep_tests_ran(copy.tests_ran)
        if self.split == "train":
            check_effect(self.task, runs[0], lambda files: self._tried(files, runs[0]))
        if self.split != "gate":
            self.originals.find_out(runs[0], self._seed(0), self.workspaces, self.notes)
        self.originals.keep_behaviours(self._key, shown)
        values = tuple(dict(run.values) for run in runs)
        evaluation = original_evaluation(self.task, values, tuple(behaviour.name for behaviour in shown))
        evaluation = replace(evaluation, cpu_seconds=tally.cpu, wall_seconds=tally.wall, notes=tally.notes)
        return replace(evaluation, unproven_because=self.originals.reason())

    def _tried(self, files: Mapping[str, str], original: CopyRun) -> CopyRun | None:
        """A program on the first instance; None if it does not build."""
        with self._copy(files) as copy:
            return copy.run(self._seed(0), 0).like(original.readings) if copy.build() is None else None

    def _shown(self) -> tuple[Behaviour, ...]:
        """The original's behaviour on each instance; empty if nothing is compared."""
        if not self.task.compare_output:
            return ()

        def observe() -> tuple[Behaviour, ...]:  # the record has its values, but not what it printed
            with self._copy(self.task.files) as copy:
                self._built(copy)
                return behaviours([self._of_original(copy, index) for index in range(self.task.count(self.split))])

        return self.originals.behaviours(self._key, observe)

    def _tests_ran(self) -> TestsRan:
        """How many tests the original runs."""

        def observe() -> TestsRan:  # the record does not say
            with Copy(self.task, self.task.files, self.workspaces, self.notes) as copy:
                self._built(copy)
                check_tested(self.task, copy)
                return copy.tests_ran

        return self.originals.tests_ran(observe) if self.task.test else ()

    def _readings(self) -> Mapping[str, Reading]:
        """What the original's scores are of."""
        known = self.originals.readings
        if known is None and self.task.objective.printed:  # the record has its values, but not of what they are
            with self._copy(self.task.files) as copy:
                self._built(copy)
                known = self._of_original(copy, 0).readings
        return known or {}

    def _alone(self, files: Mapping[str, str], tally: Tally) -> Evaluation:
        # The original first: a thread that held one slot and waited for another could wait forever.
        beside, shown = self._original().metrics, self._shown()
        readings, tests = self._readings(), self._tests_ran()
        with ExitStack() as stack:
            with self.originals.pairs:
                mine = stack.enter_context(self._copy(files))
                its = stack.enter_context(self._copy(self.task.files)) if shown else None
            if not tally.built(mine.build() or mine.test(tests)):
                return tally.evaluation
            for index in range(self.task.count(self.split)):
                measured = mine.run(self._seed(index), index).like(readings)
                expected = shown[index] if shown else None
                if its is not None and differs(expected, measured):
                    if not its.is_built:
                        self._built(its)
                    expected = self._expected(index, measured, expected, (mine, its), tally)
                if not tally.add(index, measured, beside[index], expected):
                    break
        return tally.evaluation

    def _expected(
        self, index: int, measured: CopyRun, expected: Behaviour | None, pair: tuple[Copy, Copy], tally: Tally
    ) -> Behaviour | None:
        """What a run is compared with: the original's behaviour, or its own if it is not to blame for a difference."""
        found, repeats, seed = measured.behaviour, self.originals.repeats, self._seed(index)
        if expected is None or found is None:
            return expected
        repeats.saw(seed, expected)
        if not differs(expected, measured):
            return expected

        again = [partial(behaviour_of_run, copy, seed, index) for copy in pair]
        excuse = repeats.excuse(seed, found, self.split, again[1], again[0])
        if excuse is None:
            return expected
        tally.doubt = tally.doubt or excuse
        return found

    def _beside(self, files: Mapping[str, str], tally: Tally) -> Evaluation:
        """The candidate and the original in turns, in the order A B B A A B B A.

        For the verdict each pair of copies makes only some of the measurements: two copies of one program differ in speed by
        where they lie in memory, which no number of turns averages out.
        """
        tests, count = self._tests_ran(), self.task.count(self.split)
        for _, indices in groupby(range(count), lambda index: copy_of(index, count) if self.order.in_turns else 0):
            with self._pair(files) as (mine, its):
                if not self._both_built(mine, its, tally):
                    return tally.evaluation
                is_same = self.order.in_turns and not tally.count and self._same_files(mine, its, files)
                if not tally.count and not tally.built(mine.test(tests)):
                    return tally.evaluation
                for index in indices:
                    if self._is_settled(tally):
                        return tally.evaluation
                    if self.split == "test":
                        self.progress(self.order, index + 1, count)
                    if not self._measure_beside(mine, its, index, tally):
                        return tally.evaluation
                    if is_same and not reads(mine, self._changed(files)):
                        return tally.same_build
                    is_same = False
        return tally.evaluation

    @contextmanager
    def _pair(self, files: Mapping[str, str]) -> Iterator[tuple[Copy, Copy]]:
        with ExitStack() as stack:
            with self.originals.pairs:
                mine = stack.enter_context(self._copy(files))
                its = stack.enter_context(self._copy(self.task.files))
            yield mine, its

    def _both_built(self, mine: Copy, its: Copy, tally: Tally) -> bool:
        """Build both, the first of them in turns too; whether the candidate's build succeeded."""
        if tally.count % 2:
            self._built(its)
        if not tally.built(mine.build()):
            return False
        if tally.count % 2 == 0:
            self._built(its)
        return True

    def _measure_beside(self, mine: Copy, its: Copy, index: int, tally: Tally) -> bool:
        """One measurement of both; whether the candidate is right."""
        beside = self._of_original(its, index) if index % 2 == 0 else None
        measured = mine.run(self._seed(index), index)
        if beside is None and measured.values:
            beside = self._of_original(its, index)
        measured = measured.like(self.originals.readings or {})
        expected = self._expected(index, measured, beside.behaviour if beside else None, (mine, its), tally)
        return tally.add(index, measured, beside.values if beside else {}, expected)

    def _changed(self, files: Mapping[str, str]) -> list[str]:
        return [path for path, text in files.items() if self.task.files.get(path) != text]

    def _same_files(self, mine: Copy, its: Copy, files: Mapping[str, str]) -> bool:
        """Whether the builds left the same files, apart from those that the candidate changes."""
        if not self.task.build:
            return False
        left = left_by_build(mine, self._changed(files))
        return bool(left) and left == left_by_build(its, self._changed(files))

    def _is_settled(self, tally: Tally) -> bool:
        """Whether more measurements are useless: the first ones on the sealed split, all of the same thing, were equal."""
        return self.split == "test" and not self.task.seeded and not self.task.interleaved and tally.same >= LEAST

    def _seed(self, index: int) -> int:
        return self.order.seeds.seed(self.task.name, self.split, index)

    def _built(self, original: Copy) -> None:
        failed = original.build()
        if failed is not None:
            raise TaskError(
                f"task {self.task.name}: the original cannot be measured: {gist(failed.error)}{lacking(failed)}{_SHOWN}"
            )

    def _of_original(self, original: Copy, index: int) -> CopyRun:
        measured = original.run(self._seed(index), index)
        if measured.values:
            self._keep(measured.readings)
            measured = measured.like(self.originals.readings or {})
        if not measured.values:
            hint = f"{lacking(measured)}{_SHOWN}"
            if measured.verdict == "violated":
                hint = "; if the command is meant to write them, name them under writable"
            raise TaskError(
                f"task {self.task.name}: the original cannot be measured ({measured.verdict}): {gist(measured.error)}{hint}"
            )
        return measured

    def _keep(self, readings: Mapping[str, Reading]) -> None:
        """Keep what the original's scores are of, and say once what is read."""
        if self.originals.keep_readings(readings):
            told = (in_words(self.task.objective, name, reading) for name, reading in readings.items())
            notify(escape("; ".join(told), 600))
