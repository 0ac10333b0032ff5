"""`strop improve` and `strop compare` without a target: the functions that take a program's time, and then the program itself.

Other jobs measure the functions, each with a record in the folder of this one. The program decides: it runs with all patches
beside the original.
"""

from __future__ import annotations

import math
import os
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from subprocess import DEVNULL
from typing import Any, cast

from strop.analysis.stats import confidence_of
from strop.api.cells import carried_on, spent_in
from strop.api.comparison import Change, compare_job, target_and_change
from strop.api.improvement import improve_job
from strop.api.job import Job
from strop.api.jobs import MAKERS
from strop.api.target import Target, goal_in, program_task, target_of
from strop.base.environments import COPY
from strop.base.errors import ConfigurationError, SearchOver, TaskError
from strop.base.events import FunctionChosen
from strop.base.later import dataclass
from strop.base.private import write
from strop.base.surface import option
from strop.evaluation.functions.load import file_and_function
from strop.evaluation.whole_program import Versions, watched
from strop.options.run import LimitOptions
from strop.options.scoring import flag_of, texts_of
from strop.runs.context import RunContext
from strop.runs.evaluators import evaluator_for
from strop.runs.kept import WORKING_COPY, kept_tree, working_copy
from strop.runs.meta import Meta, ProgramAsked
from strop.runs.own_tests import worker_pool
from strop.runs.patching.result_files import DIFF, keep_result
from strop.runs.patching.source_files import SourceFiles, of_command
from strop.runs.plan import Formula
from strop.runs.results.improved import Improved, Unfinished
from strop.runs.results.program import (
    FAMILY,
    KIND,
    ImprovedProgram,
    offered,
    read_program,
    record_of,
    result_in,
    with_patches,
)
from strop.runs.run_directory import RunRecord
from strop.runs.scopes import comparison_at
from strop.runs.spec import RunSpec
from strop.runs.whole_program import in_words, most_seconds, run_program, tried_program
from strop.store import FILE_NAME
from strop.tasks.command.bundle import ABSENT
from strop.tasks.command.task import AnyTask
from strop.tasks.command.tree import listed
from strop.tasks.function.calls import RecordedCalls, RecordedCommand
from strop.watch.hot import HotFunction, find_hot, functions_of
from strop.watch.watched import needed, watched_elsewhere

OPTIONS = frozenset({"python", "test", "tool", "show_calls", "fixed_input"})
"""The scoring options that hold for each function."""
MOST_FUNCTIONS = 20
"""Most functions of a program that are chosen."""
MOST_TOLD = f"{MOST_FUNCTIONS} functions are the most"
EACH = "this is of each function that takes 5% of the time or more; limits are of all of them together"
NEXT_IS_LESS = "no other function has 5% of the time and calls that can be used"


def the_command(options: dict[str, object], solution: Path | None = None) -> str:
    """The command that was given in place of a target. It is taken out of the options.

    Raises:
        ConfigurationError: there is none or more than one, or an option is of no use without a target.
    """
    commands = texts_of(cast("Any", options.pop("record", ())))
    if len(commands) != 1 or commands[0].startswith("@"):
        raise ConfigurationError(
            f"name a target, or give {option('record')} COMMAND once: strop then finds the functions that take its time"
        )
    others = [*map(flag_of, sorted(options.keys() - OPTIONS)), *[option("solution")] * bool(solution)]
    if others:
        raise ConfigurationError(f"{others[0]} needs a target: strop hot -- {commands[0]} lists the functions")
    return commands[0]


def program_job(
    spec: RunSpec, options: Mapping[str, object], improver: str = "", base: str = "", with_: Path | None = None
) -> Job[ImprovedProgram]:
    """The job on the program that the command of `spec.task` runs in the working folder.

    Args:
        spec: the configuration of each function, with the limits of the whole.
        options: how functions are scored: `python`, `test`, `tool`, `show_calls`, `fixed_input`.
        improver: text of the improver that searches; empty for a change that exists, which `base` or `with_` names.

    Raises:
        ConfigurationError: the working folder holds no Python file, or the change cannot be read.
    """
    folder = Path.cwd()
    some = next((folder / path for path in listed(folder, modules=True) if path.endswith(".py")), None)
    if some is None:
        raise ConfigurationError(f"there is no Python file in {folder}; run strop in the folder of the project")
    own = {key: value for key, value in options.items() if key in ("python", "tool")}
    task = program_task(some, (spec.task,), own)
    goal, change = Target(spec.task, task, of_command(task, folder)), Change("")
    if not improver:
        goal, change = target_and_change(task, {}, with_, base)
    where = os.path.relpath(folder.resolve(), task.root.resolve())
    return _job(spec, goal, change, improver, ProgramAsked(where, options, base, str(with_ or "")))


def _job(spec: RunSpec, goal: Target, change: Change, improver: str, asked: ProgramAsked) -> Job[ImprovedProgram]:
    assert goal.original is not None
    return Job(
        kind=KIND,
        spec=spec,
        tasks=(goal.task,),
        do=partial(_carry_out, original=goal.original, change=change, improver=improver, asked=asked),
        read=read_program,
        improver=improver,
        meta=Meta(
            improver=improver, original=goal.original, candidate=change.candidate, said=change.notes, program=asked
        ),
        name=f"{'improve' if improver else 'compare'}-{Path.cwd().name}",
        notes=change.notes,
        warning=EACH,
        estimate=Formula.once if improver else Formula.compared,
        asks_model=bool(improver),
        of_jobs=True,
    )


def _continued(record: RunRecord, tasks: tuple[AnyTask, ...]) -> Job[ImprovedProgram]:
    meta = record.meta
    return _job(
        record.spec,
        goal_in(record, tasks),
        Change(meta.candidate, meta.said),
        meta.improver,
        meta.program or ProgramAsked(),
    )


MAKERS[KIND] = _continued


def _carry_out(context: RunContext, original: SourceFiles, change: Change, improver: str, asked: ProgramAsked) -> None:
    """Measure the functions, and then the program, as far as the record lacks them.

    Raises:
        ConfigurationError: the command does not run in a copy of the project.
        StropError: the host failed, or the user stopped the command. Finished work is kept.
    """
    with closing(evaluator_for(context.parts.spec, context.parts.tasks, asks=False)) as evaluator:
        context.parts = replace(context.parts, evaluator=evaluator)
        trial = tried_program(context, original)
        if trial.failed:
            raise ConfigurationError(
                f"{in_words(context)} could not be run in the jail ({trial.failed}): name the function to improve; "
                f"strop hot -- {context.parts.spec.task} lists the functions"
            )
        _Functions(context, original, change, improver, asked, most_seconds(trial)).run()
        if change.candidate:
            run_program(context, original, change.candidate, trial, context.run.child("improved"), _confidence(1))
            return
        folder, number, joined = context.folder, 1, offered(results_of(context))
        while joined:
            source, program = with_patches(folder, original, joined)
            keep_result(folder, source, program)
            budget = context.run.child(comparison_at(number)) if number > 1 else context.run
            runs = run_program(context, source, program, trial, budget.child("improved"), _confidence(number))
            if not runs.differs:
                break
            context.observer.say("with its last patch the program prints or writes something else: trying it without")
            number, joined = number + 1, joined[:-1]
        else:
            (folder / DIFF).unlink(missing_ok=True)


def _confidence(number: int) -> float:
    return confidence_of(number, FAMILY)


@dataclass(frozen=True)
class _Functions:
    """Measures functions of a program, one after another."""

    context: RunContext
    original: SourceFiles
    change: Change
    improver: str
    asked: ProgramAsked
    reserve: float
    """Wall seconds that the program's own comparison takes at most."""

    def run(self) -> None:
        """Go on until there is none left, or a limit is spent. Raises StropError if it is stopped."""
        journal, rows, sampled_with = self.context.journal, list[HotFunction](), -1
        while True:
            chosen = {event.scope: event for event in journal.recorded(FunctionChosen)}
            if any(not event.function for event in chosen.values()):
                return
            results = results_of(self.context)
            if chosen and not (last := [*chosen.values()][-1]).reason and not isinstance(results[-1], Improved):
                self._measure(len(chosen), last)
                continue
            if (spent := self._spent()) or len(chosen) >= MOST_FUNCTIONS:
                self._choose(len(chosen) + 1, FunctionChosen(scope="", function="", reason=spent or MOST_TOLD))
                return
            joined = offered(results)
            if sampled_with != len(joined):
                rows, sampled_with = self._sampled(joined), len(joined)
            done = {event.function for event in chosen.values()}
            row = next((one for one in rows if one.function not in done), None)
            if row is None:
                event = FunctionChosen(scope="", function="", reason=NEXT_IS_LESS)
            else:
                why = f"{row.reason}: its calls cannot be used; {row.command} measures it by the program"
                is_left = bool(row.reason) and not self.asked.options.get("fixed_input")
                event = FunctionChosen(scope="", function=row.function, share=row.share, reason=why * is_left)
            self._choose(len(chosen) + 1, event)

    def _choose(self, number: int, event: FunctionChosen) -> None:
        self.context.record(replace(event, scope=f"function/{number}"))
        if event.function and not event.reason:
            self.context.observer.say(f"function {number}: {event.function}, {event.share:.0%} of the time")

    def _measure(self, number: int, chosen: FunctionChosen) -> None:
        """Measure a function, or continue its measurement. If it cannot be measured, or a limit is spent, record why."""

        def begun() -> Job[Any]:
            earlier = [one for one in self.context.journal.recorded(FunctionChosen) if one.scope != chosen.scope]
            passed = {one.scope for one in earlier if one.reason}
            family = 2 ** (2 + len({one.scope for one in earlier} - passed))
            spec = replace(self.context.parts.spec, task=chosen.function, family=family)
            return self._job(replace(spec, **self._left()))

        try:
            folder = record_of(self.context.folder, chosen.scope)
            result = carried_on(self.context, folder, self._left(), begun)
            self.context.observer.say(f"{chosen.function}: {result.sentence}")
        except (ConfigurationError, TaskError) as error:
            self.context.journal.check_going_on()
            self.context.observer.say(f"{chosen.function} is passed over: {error}")
            self.context.record(replace(chosen, reason=str(error)))
        except SearchOver as error:
            self._choose(number + 1, FunctionChosen(scope="", function="", reason=error.detail))

    def _job(self, spec: RunSpec) -> Job[Any]:
        """The job that measures the function `spec.task`."""
        interpreter = self.context.parts.task.interpreter  # a program with a patch may name any file as its Python
        python = {} if interpreter is None else {"python": interpreter.path}
        options = {**self.asked.options, **python, "record": (self.context.parts.spec.task,)}
        if self.change.candidate:
            with chdir(Path(self.original.root) / self.asked.folder):
                with_ = Path(self.asked.with_) if self.asked.with_ else None
                goal, change = target_and_change(spec.task, options, with_, self.asked.base)
            return compare_job(spec, without_command(goal), change)
        with self._copy(self._version(offered(results_of(self.context)))):
            goal = target_of(spec.task, options)
        if (own := goal.original) is not None:  # the patch is of the user's file
            inside = os.path.relpath(os.path.realpath(own.root), os.path.realpath(self.context.folder / WORKING_COPY))
            users = os.path.normpath(Path(self.original.root, inside))
            goal = replace(goal, original=replace(own, root=users, below=self.original.below))
        return improve_job(spec, without_command(goal), self.improver)

    def _sampled(self, joined: Sequence[Improved]) -> list[HotFunction]:
        """The functions that take the program's time with these patches, as `strop hot` finds them; of a given change, those that
        it changes and that take the original's time."""
        command = ("sh", "-c", self.context.parts.spec.task)
        with self._copy(self._version(joined)):
            self.context.observer.say(f"sampling {in_words(self.context)} in the jail")
            hot, stop = find_hot(command, once=False, top=MOST_FUNCTIONS, stdout=DEVNULL, notify=lambda line: None)
            changed = changed_functions(self.original, self.change.candidate) if self.change.candidate else None
            rows = [
                replace(one, command=one.command.replace(shlex.quote(shlex.join(command)), shlex.quote(command[-1])))
                for one in hot.functions
                if one.command and (changed is None or self._place(one) in changed)
            ]
        if stop is not None:
            raise stop
        self.context.journal.check_going_on()
        return rows

    def _version(self, joined: Sequence[Improved]) -> Mapping[str, str]:
        """The files of the project that differ from those of the record, where the functions are improved that come next: those
        with patches; of a given change, those of the original."""
        if self.change.candidate:
            return self.original.files
        source, program = with_patches(self.context.folder, self.original, joined)
        return source.written(program) if joined else {}

    def _place(self, one: HotFunction) -> tuple[str, str]:
        """The path from the project's top, and the qualified name, of a function in the copy."""
        path, name = file_and_function(one.function)
        return os.path.relpath(path.resolve(), (self.context.folder / WORKING_COPY).resolve()), name

    @contextmanager
    def _copy(self, files: Mapping[str, str]) -> Iterator[None]:
        """Work in a fresh copy of the project with these files. Commands run in the jail: a model may have written some."""
        copy = working_copy(self.context.folder)
        for path, text in files.items():
            if copy.resolve() not in (copy / path).resolve().parents:
                raise ConfigurationError(f"{path} is behind a link that leaves the project")
            (copy / path).unlink(missing_ok=True)
            if text != ABSENT:
                (copy / path).parent.mkdir(parents=True, exist_ok=True)
                write(copy / path, text.encode("utf-8", "surrogateescape"))
        task = self.context.parts.task
        assert task.root is not None
        program = Versions(kept_tree(self.context.folder).absolute(), {}, files, (RecordedCommand(task.command),))
        run = partial(watched, worker_pool(self.context), task, program, tools=needed())
        with watched_elsewhere(run, copy.resolve(), COPY), chdir(copy / self.asked.folder):
            yield

    def _left(self) -> dict[str, Any]:
        """What is left of each limit."""
        spec, spent = self.context.parts.spec, Counter[str]()
        for folder in self.context.folder.glob(f"*/{FILE_NAME}"):
            spent.update(spent_in(folder.parent))
        spent["max_time"] = math.ceil(self.context.journal.seconds + self.reserve)
        limits = {name: getattr(spec, name) for name in vars(LimitOptions()) if name.startswith("max_")}
        return {
            name: max(limit - (spent[name] / 1e9 if name == "max_cost" else spent[name]), 0)
            for name, limit in limits.items()
            if limit is not None
        }

    def _spent(self) -> str:
        """The limit that is spent, in words; empty if none is."""
        return next((f"--{name.replace('_', '-')} was spent" for name, left in self._left().items() if left <= 0), "")


def changed_functions(original: SourceFiles, candidate: str) -> frozenset[tuple[str, str]]:
    """(path, qualified name) of each function that differs between the original and another version, or that only one has."""
    after = original.written(candidate)

    def texts(text: str) -> set[tuple[str, str]]:
        return {(name, own) for name, (_, _, own) in functions_of(text).items()}

    both = ((path, texts(text) ^ texts(after[path])) for path, text in original.files.items())
    return frozenset((path, name) for path, changed in both for name, _ in changed)


def without_command(goal: Target) -> Target:
    """The target of a function whose program runs later, with all patches: its recorded calls name no command."""
    recorded: RecordedCalls | None = getattr(goal.task, "recorded", None)
    if recorded is None:
        return goal
    return replace(goal, task=replace(goal.task, recorded=replace(recorded, commands=())))  # type: ignore[call-arg]


def results_of(context: RunContext) -> list[Improved | Unfinished | None]:
    """The results of the functions that were chosen, in that order."""
    scopes = dict.fromkeys(event.scope for event in context.journal.recorded(FunctionChosen) if event.function)
    return [result_in(record_of(context.folder, scope)) for scope in scopes]
