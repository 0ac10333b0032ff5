"""`strop compare --suite`: a change on each scenario of a benchmark suite.

Each scenario is a target like others, with a record of its own in the folder of this one.
"""

from __future__ import annotations

import glob
import json
import math
import random
import shlex
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from strop.api.cells import carried_on
from strop.api.comparison import Change, compare_job, target_and_change
from strop.api.job import Job
from strop.api.jobs import MAKERS
from strop.api.target import COMPILED, Target, at_original, commanded, goal_in, target_of
from strop.base.errors import ConfigurationError, TaskError
from strop.base.events import ScenarioFound
from strop.base.later import dataclass
from strop.base.pluralize import quantity
from strop.base.private import write
from strop.base.randomness import derive
from strop.evaluation.whole_program import Versions, watched
from strop.options.scoring import flag_of, texts_of
from strop.runs.context import RunContext
from strop.runs.evaluators import evaluator_for
from strop.runs.kept import kept_tree, working_copy
from strop.runs.meta import Meta, ProgramAsked
from strop.runs.own_tests import worker_pool
from strop.runs.patching.source_files import SourceFiles
from strop.runs.plan import Formula
from strop.runs.results.improved import Improved
from strop.runs.results.program import record_of, result_in
from strop.runs.results.suite import (
    KIND,
    ComparedSuite,
    found_scenarios,
    is_open,
    read_suite,
)
from strop.runs.run_directory import RunRecord
from strop.runs.spec import RunSpec
from strop.tasks.command.task import AnyTask, CommandTask
from strop.tasks.command.tree import listed
from strop.tasks.function.calls import RecordedCommand
from strop.tasks.function.mark import SCENARIO
from strop.tasks.versions import differing
from strop.watch.suites import (
    ASKED,
    FOUND,
    FUNCTION,
    GUEST,
    Suite,
    commands_of,
    doubt_of,
    found_in,
    guest_text,
    module_of,
    place_of,
    rows_of,
    suite_of,
    with_trial,
)

OPTIONS = frozenset({"python", "tool"})
"""The scoring options that hold for each scenario."""
EACH = "--max-time is of all scenarios together; one that is decided early leaves its time to those after it"
NO_TIME = "no time was left; raise --max-time"
MOST_SECONDS = 600.0
"""Wall seconds of a run of a command."""


def suite_job(
    spec: RunSpec, paths: Sequence[str], options: dict[str, object], base: str, with_: Path | None
) -> Job[ComparedSuite]:
    """The comparison of a change on the scenarios of some suites, and of commands.

    Args:
        spec: the configuration; its time for a comparison is that of all scenarios together.
        paths: `PATH` or `PATH::PART` of each suite.
        options: `record`, the commands that are scenarios, and `python` and `tool`, which hold for each scenario.
        base: the original: a commit; or empty.
        with_: the change, if there is no `base`.

    Raises:
        ConfigurationError: there is no such suite, an option is of no use here, or the change cannot be read.
    """
    commands, root = texts_of(cast("Any", options.pop("record", ()))), Path.cwd()
    if others := [*map(flag_of, sorted(options.keys() - OPTIONS))]:
        raise ConfigurationError(f"{others[0]} does not apply to a suite, whose scenarios say what is measured")
    suites = [suite_of(path, root) for path in paths]
    measuring = {file for one in suites for file in one.files}
    some = next((path for path in listed(root, modules=True) if path not in measuring), None)
    if some is None:
        raise ConfigurationError(f"{root} holds nothing but the suite: run strop in the folder of the project")
    asked = "\n".join([*(one.asked for one in suites), *commands])  # what it names is the work tree's for both versions
    goal, change = target_and_change(_command(root, some, asked, options), {}, with_, base)
    assert goal.original is not None
    if ours := [path for path in goal.original.files if Path(path).name.startswith(GUEST[:-1])]:
        raise ConfigurationError(f"{ours[0]} has a name of strop's own: rename it")
    given = [one.given for one in suites]
    spec = replace(spec, task=shlex.join([*given, *commands]))
    return _job(spec, goal, change, ProgramAsked(options={**options, "suite": given, "record": commands}))


def _command(root: Path, some: str, command: str, options: Mapping[str, object], **more: object) -> CommandTask:
    """The task of a command in a folder, whose time counts."""
    files = (glob.escape(some),)
    given = {"command": command, "files": files, "score": ("time",), "fixed_input": True, "build": COMPILED}
    # What a suite imports of the project is the copy's.
    given |= {"environment": {"PYTHONPATH": "src:."}, "time_limit": MOST_SECONDS}
    return commanded(root, **{**options, **given, **more})


def _job(spec: RunSpec, goal: Target, change: Change, asked: ProgramAsked) -> Job[ComparedSuite]:
    assert goal.original is not None
    return Job(
        kind=KIND,
        spec=spec,
        tasks=(goal.task,),
        do=partial(_carry_out, original=goal.original, change=change, asked=asked),
        read=read_suite,
        meta=Meta(original=goal.original, candidate=change.candidate, said=change.notes, program=asked),
        name=f"compare-{Path.cwd().name}",
        notes=change.notes,
        warning=EACH,
        estimate=Formula.compared,
        asks_model=False,
        of_jobs=True,
    )


def _continued(record: RunRecord, tasks: tuple[AnyTask, ...]) -> Job[ComparedSuite]:
    meta = record.meta
    return _job(record.spec, goal_in(record, tasks), Change(meta.candidate, meta.said), meta.program or ProgramAsked())


MAKERS[KIND] = _continued


def _carry_out(context: RunContext, original: SourceFiles, change: Change, asked: ProgramAsked) -> None:
    """Find the scenarios, and compare the versions on each, as far as the record lacks it.

    Raises:
        ConfigurationError: the suites have no scenario.
        StropError: the host failed, or the user stopped the command. Finished work is kept.
    """
    with closing(evaluator_for(context.parts.spec, context.parts.tasks, asks=False)) as evaluator:
        context.parts = replace(context.parts, evaluator=evaluator)
        _Scenarios(context, original, change, asked).run()


@dataclass(frozen=True)
class _Scenarios:
    """Compares two versions on the scenarios of suites, one after another."""

    context: RunContext
    original: SourceFiles
    change: Change
    asked: ProgramAsked

    def run(self) -> None:
        """Go on until every scenario was measured, or has a reason why not. Raises StropError if it is stopped."""
        found = found_scenarios(self.context.journal.recorded(ScenarioFound))
        if len(found) < next((one.count for one in found.values()), 1):
            found = self._found()
        found |= self._tried({number: one for number, one in found.items() if not one.calls and is_open(one)})
        doubted = [number for number, one in found.items() if one.calls]
        folder, copy, spec = self.context.folder, self._copy(), self.context.parts.spec
        waiting = [
            number
            for number in doubted
            if is_open(found[number]) and not isinstance(result_in(record_of(folder, f"scenario/{number}")), Improved)
        ]
        self.context.observer.say(f"{quantity(len(found), 'scenario')}, {len(waiting)} of them to measure")
        beyond = 0.0  # what the last scenario took besides its comparison
        for place, number in enumerate(waiting):
            self.context.journal.check_going_on()
            before, left = self.context.journal.seconds, self._left
            if left <= 0:
                self._record(number, replace(found[number], reason=NO_TIME))
                continue
            share = max(left / (len(waiting) - place) - beyond, 1.0)
            own = replace(spec, family=spec.family * len(doubted), comparison_time=share)
            self._measure(number, found[number], own, copy)
            beyond = max(self.context.journal.seconds - before - share, 0.0)

    def _tried(self, waiting: dict[int, ScenarioFound]) -> dict[int, ScenarioFound]:
        """The scenarios with what one run of each on the original shows. One that ends the process is tried alone."""
        after = self.original.written(self.change.candidate)
        doubt, left = doubt_of(self.original.files, after), list(waiting)
        while left and self._left > 0:
            if waiting[left[0]].kind == "command":
                rows: Sequence[Mapping[str, Any]] = [{"calls": 1}]
            else:
                own = [number for number in left if waiting[number].kind != "command"]
                left = own + [number for number in left if number not in own]
                self.context.observer.say(f"trying {quantity(len(own), 'benchmark')} in the jail")
                places = [place_of(waiting[number]) for number in own]
                rows = rows_of(self._in_jail(f"python -m {GUEST} try", {ASKED: json.dumps(places).encode()}))[
                    : len(own)
                ]
                self.context.journal.check_going_on()
            for row in rows or [{"reason": "it ends the process in which it is called"}]:
                waiting[left[0]] = self._record(left[0], with_trial(waiting[left[0]], row, doubt))
                del left[0]
        for number in left:
            waiting[number] = self._record(number, replace(waiting[number], reason=NO_TIME))
        return waiting

    @property
    def _left(self) -> float:
        """Wall seconds that are left."""
        return (self.context.parts.spec.comparison_time or math.inf) - self.context.journal.seconds

    def _found(self) -> dict[int, ScenarioFound]:
        """Find all scenarios, and record them in an order that the secret draws."""
        options, rows, listed_by = self.asked.options, list[ScenarioFound](), dict[str, bytes | None]()
        for path in options["suite"]:
            suite = suite_of(path, kept_tree(self.context.folder))
            if suite.kind == "commands":
                rows += commands_of(suite)
                continue
            if suite.asked not in listed_by:
                self.context.observer.say(f"listing the benchmarks of {path} in the jail")
                listed_by[suite.asked] = self._in_jail(suite.asked)
                self.context.journal.check_going_on()
            rows += found_in(suite, listed_by[suite.asked])
        rows += commands_of(Suite("commands", ".", ()), options["record"])
        unlike = {one.run: one for one in rows}
        rows = [replace(one, count=len(unlike)) for one in unlike.values()]
        if not rows:
            raise ConfigurationError(f"{' '.join(options['suite'])} has no benchmark that strop can measure")
        random.Random(derive(self.context.parts.secret, KIND)).shuffle(rows)
        for number, one in enumerate(rows, 1):
            self._record(number, one)
        return dict(enumerate(rows, 1))

    def _record(self, number: int, one: ScenarioFound) -> ScenarioFound:
        self.context.record(replace(one, scope=f"scenario/{number}"))
        if one.reason and one.applies and one.reason != NO_TIME:
            self.context.observer.say(f"{one.name} could not be measured: {one.reason}")
        return one

    def _in_jail(self, command: str, given: Mapping[str, bytes] = MappingProxyType({})) -> bytes | None:
        """What the guest answers to a command on the original."""
        task, tree = self.context.parts.task, kept_tree(self.context.folder).absolute()
        before = differing(tree, task.files, is_version=True)
        program = Versions(tree, {}, before, (RecordedCommand(command),))
        given = {f"{GUEST}.py": guest_text().encode(), **given}
        _, _, files = watched(worker_pool(self.context), task, program, given, ())
        return next((content for name, content in files.items() if Path(name).name == FOUND), None)

    def _measure(self, number: int, one: ScenarioFound, spec: RunSpec, copy: Path) -> None:
        """Compare the versions on a scenario. If it cannot be measured, record why."""
        folder = record_of(self.context.folder, f"scenario/{number}")
        try:
            result = carried_on(self.context, folder, {}, lambda: self._job(number, one, spec, copy), quietly=True)
            self.context.observer.say(f"{one.name}: {result.sentence}")
        except (ConfigurationError, TaskError) as error:
            self.context.journal.check_going_on()
            self._record(number, replace(one, reason=str(error)))

    def _job(self, number: int, one: ScenarioFound, spec: RunSpec, copy: Path) -> Job[Any]:
        own = cast("CommandTask", self.context.parts.task)
        options: dict[str, object] = {key: value for key, value in self.asked.options.items() if key in OPTIONS}
        options |= {} if own.interpreter is None else {"python": own.interpreter.path}
        original = replace(self.original, root=str(copy), below=str(copy))
        if one.kind == "calls":
            source = f"{copy / f'{SCENARIO}_{number}.py'}:{FUNCTION}"
            write(copy / f"{SCENARIO}_{number}.py", module_of(one).encode())
            task = target_of(source, options).task
        else:
            source, score = str(copy), "memory" if one.kind == "memory" else "time"
            command = f"{one.run} && echo ran" if one.kind == "command" else f"python -m {GUEST} run {one.run}"
            task = _command(copy, next(iter(own.target_files or own.files)), command, options, score=(score,))
        return compare_job(
            replace(spec, task=source), Target(source, at_original(task, original), original), self.change
        )

    def _copy(self) -> Path:
        """A fresh copy of the project, which the targets of scenarios are made of."""
        copy = working_copy(self.context.folder)
        write(copy / f"{GUEST}.py", guest_text().encode())
        return copy
