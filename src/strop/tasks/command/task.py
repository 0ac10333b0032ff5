"""A task whose program is a command: any language, several files, builds and test suites; and evaluator files.

Who computes the score is `scored_by`: a judge, which runs in a jail of its own when the program has ended; the kernel, which
counts time and memory; or the program's own process, which can print a score that it has not earned.
"""

from __future__ import annotations

import hashlib
import math
import random
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import ClassVar

from strop.base.errors import ConfigurationError, Malformed
from strop.base.later import dataclass
from strop.base.python_discovery import Interpreter
from strop.base.results import Evaluation, Input, ScoredBy
from strop.tasks.base import LEAST_MEMORY, META_TASK, MOST_INSTANCES, MUST_PASS, Seeds, Split, Task, TaskTree
from strop.tasks.command.bundle import bundled, is_inside
from strop.tasks.command.objective import Constraint, Objective
from strop.tasks.command.readers import check_reader, file_of
from strop.tasks.command.score_kinds import EQUAL, KINDS, TIMES
from strop.tasks.command.tree import compiled_files
from strop.tasks.evaluator.spec import EvaluatorSpec
from strop.tasks.languages import COMPILED, language_of, tags_of
from strop.tasks.mistakes import first_mistake
from strop.tasks.objective_facts import MetricFacts, ObjectiveFacts
from strop.tasks.problem import Problem
from strop.tasks.regions import EVOLVE, check_only, regions_of
from strop.tasks.used_files import shown_files, sources_of

JUDGE_SECONDS = 10.0
"""Wall seconds that one run of a judge has at least."""
OUTPUT, PROGRAM = ".strop/output", ".strop/program"
"""Where a judge finds the program's standard output, and the program's texts."""
_INPUTS = ("{seed}", "STROP_SEED", "{input}", "{case}")
"""What gives a command another input."""
OWN_PRINT = "the program prints this score itself"
OWN_TESTS = "the tests run in the program's own process"
OWN_ANSWER = "nothing but the program itself checks its answer"
OWN_PROCESS = "the evaluator runs the program in its own process"


@dataclass(frozen=True)
class Judge:
    """A command that scores, or accepts, what a program left behind."""

    command: str
    """The command, for `sh -c`. `{output}`, `{input}`, `{case}`, `{seed}` and, for a task of one file, `{program}` are filled
    in."""
    files: tuple[str, ...] = ()
    """Files of the tree that only the judge sees."""
    build: str = ""
    """A command that runs once in the judge's jail."""


@dataclass(frozen=True)
class CommandTask:
    """A downstream task (u, s) (§3) whose utility is read from what a command prints, or measured while it runs."""

    name: str
    root: Path
    """The tree. Every evaluation gets a copy of it."""
    files: Mapping[str, str]
    """The files that may change, path from `root` → text with newlines as line ends: *s* is `bundled(files)`."""
    command: str
    """The command, for `sh -c` in the root of the copy. `{seed}`, `{case}`, `{input}` and, for a task of one file, `{program}`
    are filled in; the environment has STROP_SEED, too."""
    objective: Objective
    """What is read from its output, and what counts."""
    build: str = ""
    """A command that runs once for each candidate, before its instances."""
    test: str = ""
    """The command of the user's tests, which runs after the build; empty: there are none."""
    instances: int = 1
    """Runs of the command on the training split, each with its own seed."""
    test_instances: int = 10
    """Runs on the held-out split, for the verdict."""
    fixed_input: bool = False
    """Whether one answer for all inputs is wanted, also where the score is a time or memory."""
    trust_programs: bool = False
    """Whether the user trusts programs that could make their score themselves."""
    best_known: float | None = None
    """The best known value of the metric, which is shown beside the result."""
    time_limit: float = 60.0
    """Wall seconds of one run of the command. A build may take a minute in any case."""
    memory_limit: int = 4 << 30
    """Bytes of memory for one run. A build and a judge may take 4 GiB in any case."""
    tools: tuple[Path, ...] = ()
    """Folders and files of this machine that commands may read and run, in addition to the system's."""
    only: tuple[str, ...] = ()
    """The only functions or marked regions that may change; empty: everything in `files`, or the regions between
    EVOLVE-BLOCK markers if there are any."""
    context: tuple[str, ...] = ()
    """Files that the program reads and a model is shown, which may not change."""
    description: str = ""
    """The utility's description, u_str; made from the fields if empty."""
    environment: Mapping[str, str] = field(default_factory=dict)
    interpreter: Interpreter | None = None
    """The Python of its evaluator, or of commands that run one by its plain name; None if they run none, or a tool may be one."""
    evaluator: EvaluatorSpec | None = None
    """The evaluator file; None if a command scores the program."""
    judge: Judge | None = None
    results: tuple[str, ...] = ()
    """Files that the command writes and the judge reads, or that are compared with the original's."""
    cases: tuple[str, ...] = ()
    """Files of the tree that are the instances."""
    every_input: bool = False
    """Whether all cases are held out: nothing was searched. No file sets it."""
    target_files: tuple[str, ...] = ()
    """The files that its target names, where a program is the text of others, as some version of the tree has them
    (`strop.tasks.versions`); empty: a program is a candidate for `files`."""
    mark: ClassVar[None] = None
    """The mark of a function: this is none."""
    problem: ClassVar[Problem | None] = None
    """What is verified: its answers are no constructions."""

    def __post_init__(self) -> None:
        """Raise ConfigurationError if a field is out of range; the message names it."""
        if wrong := first_mistake(_required(self)):
            raise ConfigurationError(f"task {self.name!r:.90}: {wrong}")
        for name, reader in self.objective.readers.items():
            check_reader(name, reader)
        bundled(self.files)
        try:
            if not self.target_files:
                check_only(self.files, self.files, self.only)
        except Malformed as error:
            raise ConfigurationError(f"task {self.name!r:.90}: only: {error}") from error

    @property
    def seed(self) -> str:
        """Text of the initial solution *s*."""
        return bundled(self.files)

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of a fence around a program, the usual one first; none for several files."""
        return tags_of(next(iter(self.files))) if len(self.files) == 1 else ()

    @property
    def input(self) -> Input:
        """Who says what its inputs are."""
        commands = self.command + (self.judge.command if self.judge else "")
        is_drawn = self.evaluator.seeded if self.evaluator else any(word in commands for word in _INPUTS)
        return "listed" if self.cases else "drawn" if is_drawn else "chosen"

    @property
    def required(self) -> tuple[Constraint, ...]:
        """What a candidate must meet to count."""
        return self.objective.constraints

    @property
    def interleaved(self) -> bool:
        """Whether the original is measured again beside every candidate, in alternate runs, because a time varies."""
        return self.objective.is_timed

    @property
    def compare_output(self) -> bool:
        """Whether a candidate must produce the original's output, exit status and `results` on the same seed."""
        return self.judge is None and self.objective.is_cost and not self.objective.printed

    @property
    def by_time(self) -> bool:
        """Whether the score depends on a measured time, which no second measurement repeats."""
        return any(reader in TIMES for reader in self.objective.readers.values())

    def count(self, split: Split) -> int:
        """Number of instances of a split."""
        if split == "test":
            return len(self.distinct_cases) if self.cases and self.every_input else self.test_instances
        return self.instances

    def case(self, split: Split, index: int, seeds: Seeds) -> str:
        """The file that is an instance; empty without cases. Which ones are held out, the seeds draw."""
        if not self.cases:
            return ""
        drawn = list(self.distinct_cases)
        random.Random(seeds.seed(self.name, "train", 0)).shuffle(drawn)
        return drawn[index if split == "test" else self.test_instances + index]

    @cached_property
    def distinct_cases(self) -> tuple[str, ...]:
        """See `distinct`."""
        return distinct(self.root, self.cases)

    @property
    def judge_seconds(self) -> float:
        """Wall seconds of one run of the judge."""
        return max(JUDGE_SECONDS, self.time_limit)

    @property
    def tree(self) -> TaskTree:
        """The files of its tree."""
        return TaskTree(self.root, self.named_files)

    @property
    def needs(self) -> tuple[Path, ...]:
        """Other files and folders of a machine that its commands need."""
        return self.tools

    def in_project(self, project: Path) -> CommandTask:
        """The task on a copy of its tree, in the folder `project`."""
        return replace(self, root=project)

    def anywhere(self) -> CommandTask:
        """The task with paths that do not depend on the current folder."""
        return replace(self, root=self.root.absolute(), tools=tuple(tool.absolute() for tool in self.tools))

    @property
    def named_files(self) -> tuple[str, ...]:
        """Files that a copy of the tree has, whatever a .gitignore says."""
        judges = self.judge.files if self.judge else ()
        return (*self.files, *self.target_files, *self.context, *self.cases, *judges)

    def filled(self, command: str, seed: int, case: str, **places: str) -> str:
        """A command with its placeholders filled in."""
        values = {"seed": str(seed), "input": case, "case": case_name(case), **places}
        if len(self.files) == 1:
            values.setdefault("program", next(iter(self.files)))
        for name, value in values.items():
            command = command.replace(f"{{{name}}}", shlex.quote(value))
        return command

    @property
    def printed_results(self) -> tuple[str, ...]:
        """Files from which scores are read."""
        return tuple(dict.fromkeys(path for path in map(file_of, self.objective.readers.values()) if path))

    @property
    def result_files(self) -> tuple[str, ...]:
        """Files that the command writes: scores are read from them, or they are judged or compared."""
        return self.results if self.judge else (*self.printed_results, *self.results)

    def left_out(self) -> tuple[str, ...]:
        """Files of the tree that no copy for the program has: cases, the judge's own files and compiled ones."""
        return (*self.cases, *(self.judge.files if self.judge else ()), *self.compiled())

    def compiled(self) -> tuple[str, ...]:
        """Where programs are compiled, compiled files of the tree that `context` does not name, of which none may be stale. Reads
        the beginning of each file."""
        if not self.build and not any(language_of(path) in COMPILED for path in self.files):
            return ()
        return tuple(path for path in compiled_files(self.root) if path not in self.context)

    @property
    def judge_sources(self) -> list[str]:
        """The scripts and sources that the judge's commands name: a model reads them, if the task has no description."""
        commands = (self.judge.command, self.judge.build) if self.judge else ()
        return sources_of(self.root, commands, {*self.cases, *self.files})

    @property
    def scorer(self) -> str:
        """The evaluator's file or the judge, in words; empty where the program's own output is read."""
        return self.evaluator.evaluator if self.evaluator else "the judge" if self.judge else ""

    @property
    def is_isolated(self) -> bool:
        """Whether it has an evaluator, which runs apart from the program."""
        return self.evaluator is not None and not self.evaluator.shared

    @property
    def own_score_because(self) -> str:
        """Why the score is the program's own, as far as that is known before it runs; empty if somebody else computes it."""
        if self.evaluator is not None:
            return OWN_PROCESS if self.evaluator.shared else ""
        if self.judge is not None:
            return ""
        if not self.objective.is_cost:
            return OWN_TESTS if self.objective.reader in KINDS else OWN_PRINT
        return "" if self.compare_output else OWN_ANSWER

    @property
    def scored_by(self) -> ScoredBy:
        """Who computes the score, as far as that is known before it runs."""
        if self.own_score_because:
            return "program"
        if self.evaluator is not None:
            return "judge"
        return "kernel" if self.objective.is_cost else "judge"

    @property
    def scoring(self) -> str:
        """Who computes the score, in words, as far as that is known before it runs."""
        if self.own_score_because:
            return self.own_score_because
        judge = f"the judge {self.judge.command}" if self.judge is not None else ""
        if self.evaluator is not None:
            return f"computed by {self.evaluator.evaluator}, in a separate jail"
        if self.scored_by == "judge":
            return f"computed by {judge}"
        accepted = f"{judge} accepts answers" if judge else EQUAL
        return f"{KINDS[self.objective.reader].noun}, counted by the kernel; {accepted}"

    @property
    def is_judged(self) -> bool:
        """Whether a judge or an evaluator judges what a program answers, so that it can be asked about a spoiled answer."""
        return not self.own_score_because and (self.judge is not None or self.evaluator is not None)

    @property
    def facts(self) -> ObjectiveFacts:
        """What decides."""
        objective, counts = self.objective, self.objective.metric
        resolution = KINDS[objective.reader].resolution if objective.reader in KINDS else 0.0
        return ObjectiveFacts(
            MetricFacts(counts.name, counts.goal, objective.reader, resolution),
            self.input,
            self.scored_by,
            trusts_programs=self.trust_programs,
            scoring=self.scoring,
            report_only=objective.report_only,
        )

    def can_start(self, evaluation: Evaluation) -> bool:
        """Whether a search can start from the original with this evaluation."""
        return evaluation.verdict == "ok"

    def enough(self, least: int) -> str:
        """What to give so that at least so many instances are held out, in words."""
        return f"held_out = {least}" + (f", of at least {least + 1} cases" if self.cases else "")

    def text_for_improvers(self, candidate: str) -> str:
        """A candidate as improvers are shown it: here itself."""
        return candidate

    @property
    def best_values(self) -> Mapping[str, float]:
        """Metric → the best known value, where one is declared."""
        return {} if self.best_known is None else {self.objective.metric.name: self.best_known}

    @cached_property
    def u_str(self) -> str:
        """The description of the utility, u_str."""
        return f"{(self.description or _description(self)).rstrip()}\n\n{self._form}\n"

    @property
    def _form(self) -> str:
        """The form in which a model should answer."""
        languages = set(map(language_of, self.files))
        language = languages.pop() if len(languages) == 1 else ""
        what = "the program" if len(self.files) > 1 else "the whole program"
        return f"Answer with {what} in one fenced block{language and f' of {language}'}."


AnyTask = Task | CommandTask


def scoring_line(task: AnyTask) -> str:
    """Who computes the score, as far as that is known before it runs, in which Python, and what that makes of a better result."""
    scoring = f"{task.scoring} ({task.interpreter.words})" if task.interpreter else task.scoring
    if task.scored_by != "program":
        return scoring
    if task.facts.trusts_programs:
        return f"{scoring}, and --trust-programs accepts that"
    return f'{scoring}: a better result will be called "by its own score" (name a judge: docs/reference/targets.md)'


def distinct(root: Path, cases: Sequence[str]) -> tuple[str, ...]:
    """The first case of each content: equal inputs are one instance, in one half only."""
    first = dict[bytes, str]()
    for path in cases:
        first.setdefault(hashlib.sha256((root / path).read_bytes()).digest(), path)
    return tuple(first.values())


def case_name(path: str) -> str:
    """The name of a case: its file's, without the ending."""
    return PurePosixPath(path).stem


def _required(task: CommandTask) -> dict[str, object]:
    """What must hold of the fields; see `first_mistake`."""
    named = re.fullmatch(r"[\w][\w.-]{0,79}", task.name) and task.name != META_TASK
    counts = all(1 <= count <= MOST_INSTANCES for count in (task.instances, task.test_instances))
    texts = [task.command, task.judge.command if task.judge else ""]
    names = [case_name(path) for path in task.cases]
    return {
        f"a name is made of letters, digits, '-', '_' and '.', and is not {META_TASK}": named,
        "files: there is no file to improve": task.files,
        "command: there is no command": task.command.strip(),
        f"instances and held_out must be from 1 to {MOST_INSTANCES}": counts,
        f"time_limit is {task.time_limit} s; it must be more than 0": 0 < task.time_limit < math.inf,
        f"memory_limit is {task.memory_limit} bytes; the least is {LEAST_MEMORY}": task.memory_limit >= LEAST_MEMORY,
        "results: nothing reads them; name a judge, or let time, wall or memory be the score, so that they are compared": (
            not task.results or task.judge is not None or task.compare_output
        ),
        "command: {program} stands for the one file of a task, and this one has several": (
            len(task.files) == 1 or "{program}" not in task.command
        ),
        "{instance} numbers the runs of each split alike, so it draws no new input: use {seed}, or cases with {case}": (
            "{instance}" not in task.command
        ),
        "{case} and {input} stand for a case: give cases = 'cases/*.in'": (
            task.cases or not any(word in text for word in ("{case}", "{input}") for text in texts)
        ),
        "cases: at least two are needed, because some are held out": len(task.cases) != 1,
        "cases: two files have the same name without the ending": len(set(names)) == len(names),
        "judge: {output} is the judge's alone; the command prints it": "{output}" not in task.command,
        **{
            f"judge_files: {path} may change, so it cannot be the judge's": path not in task.files
            for path in (task.judge.files if task.judge else ())
        },
        **{f"files: {path!r} is not a path inside the tree": is_inside(path) for path in task.files},
        **{f"results: {path!r} is not a path inside the tree": is_inside(path) for path in task.results},
        **{
            f"the command writes {path}, so it cannot be one of the files that may change": path not in task.files
            for path in task.result_files
        },
    }


def _description(task: CommandTask) -> str:
    """Everything that a model must know: the files, the command, what is better, what may change, and the form of an answer."""
    files = ", ".join(task.files)
    lines = [
        f"Improve the program in {files}." if len(task.files) == 1 else f"Improve the program in these files: {files}."
    ]
    if task.build:
        lines.append(f"Built once by: {task.build}")
    lines.append(f"Measured by: {task.command}")
    if task.judge:
        lines.append(f"Judged, when it has ended, by: {task.judge.command}")
    if task.cases:
        lines.append("It is run on each of several cases; the cases that count in the end are others.")
    elif task.input == "drawn":
        lines.append(
            "It is run several times; the seed decides the input, and the inputs that count in the end are others."
        )
    lines.append(f"What counts: {task.objective.goals}.")
    left = "what the judge prints" if task.judge else "what the command leaves behind"
    for name, reader in task.objective.readers.items():
        kind = KINDS.get(reader)
        lines.append(f"- {name}: {f'read from {left}, by {reader}' if kind is None else kind.meaning}")
    lines += rules(task)
    hidden = {*task.cases, *(task.judge.files if task.judge else ())}
    commands = f"{task.command} {task.build} {task.test}"
    file_lines = shown_files(task.root, task.files, commands, hidden, task.judge_sources, task.context)
    return "\n".join([*lines, *file_lines]) + "\n"


def rules(task: CommandTask) -> list[str]:
    """Rules for every candidate: the scale of its utility, its limits, and what may change."""
    unbuilt = " does not build," if task.build else ""
    unprinted = " prints no score or more than one," if task.objective.printed and task.evaluator is None else ""
    if task.judge is not None:
        unprinted = " gives an answer that the judge refuses,"
    if task.evaluator is not None:
        unprinted = " makes the evaluator fail, or give no finite score,"
    lines = [
        "The utility of a candidate is in [0, 1]: 1/2 is as good as the original, more is better. A candidate that"
        f"{unbuilt} fails,{unprinted} or misses a requirement has utility 0."
    ]
    if task.test:
        lines.append(f"{MUST_PASS.format(task.test)}.")
    if task.compare_output:
        lines.append(
            f"{', '.join(['What a candidate prints on standard output', *task.results])} and its exit status must be exactly the "
            "original's on the same seed."
        )
    lines.append(
        f"Each run is stopped after {task.time_limit:g} s or at {task.memory_limit >> 20} MiB; it has no network."
    )
    return lines + _may_change(task)


def _may_change(task: CommandTask) -> list[str]:
    files = ", ".join(task.files)
    lines = [f"Only {files} may change; all other files are protected."]
    if task.only:
        lines.append(f"In {files}, only this may change: {', '.join(task.only)}.")
    elif any(regions_of(text, path) for path, text in task.files.items()):
        lines.append(f"In {files}, only the text between the {EVOLVE} markers may change.")
    if len(task.files) > 1:
        lines.append(
            "A candidate is the texts of the files that change, whole, each under a line of its own that names it, "
            "'=== file: PATH ===', as the program itself is shown; files that are left out stay as they are."
        )
    return lines
