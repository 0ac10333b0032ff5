"""A task that a command scores: any language, several files, builds and test suites; and evaluator files.

The program and its scorer share a jail with a copy of the tree. This is weaker than `strop.Task`, whose scores the host
computes: a program can print a score that it has not earned, and, if it runs inside the scorer's process, end it with status 0.
The kernel counts time and memory, which a program cannot forge.
"""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from strop.base.errors import ConfigurationError, Malformed
from strop.tasks.base import LEAST_MEMORY, META_TASK, MOST_INSTANCES, Split, Task
from strop.tasks.command.bundle import bundled, is_inside
from strop.tasks.command.objective import COUNTED_BY_KERNEL, TIMES, Objective
from strop.tasks.command.readers import check_reader, file_of
from strop.tasks.evaluator.parties import Parties
from strop.tasks.regions import EVOLVE, check_only, regions_of
from strop.tasks.used_files import scorer_files, used_files


@dataclass(frozen=True)
class CommandTask:
    """A downstream task (u, s) (§3) whose utility is read from what a command prints, or measured while it runs."""

    name: str
    root: Path
    """The tree. Every evaluation gets a copy of it."""
    files: Mapping[str, str]
    """The files that may change, path from `root` → text with newlines as line ends: *s* is `bundled(files)`."""
    command: str
    """The command, for `sh -c` in the root of the copy. `{seed}`, `{instance}` and, for a task of one file, `{program}` are
    filled in; the environment has STROP_SEED and STROP_INSTANCE too."""
    objective: Objective
    """What is read from its output, and what counts."""
    build: str = ""
    """A command that runs once for each candidate, before its instances."""
    test: str = ""
    """A command that runs once for each candidate, after the build; a candidate counts only if it succeeds. It is not timed."""
    instances: int = 1
    """Runs of the command on the training split, each with its own seed."""
    test_instances: int = 10
    """Runs on the test split, for the verdict."""
    seeded: bool = False
    """Whether the command draws its instance from the seed; otherwise instances are repeated measurements of the same thing."""
    interleaved: bool = False
    """Whether the original is measured again beside every candidate, in alternate runs: for times and other noisy metrics."""
    compare_output: bool = False
    """Whether a candidate must produce the original's output, files and exit status on the same seed."""
    fixed_input: bool = False
    """Whether the user accepts a constant input, for which a program that contains the answer would do."""
    trust_programs: bool = False
    """Whether the user trusts programs that could make their score themselves."""
    best_known: Mapping[str, float] = field(default_factory=dict)
    """Metric → the best known value; a result beyond it is implausible."""
    time_limit: float = 60.0
    """Wall seconds of one run of the command, of the build, and of the test."""
    memory_limit: int = 4 << 30
    """Bytes of memory for one run."""
    writable: tuple[str, ...] = ()
    """Globs of files that commands may rewrite; all others are protected."""
    tools: tuple[Path, ...] = ()
    """Folders and files of this machine that commands may read and run, in addition to the system's."""
    only: tuple[str, ...] = ()
    """The only functions or marked regions that may change; empty: everything in `files`, or the regions between
    EVOLVE-BLOCK markers if there are any."""
    new_files: tuple[str, ...] = ()
    """Globs of files that a candidate may add."""
    description: str = ""
    """The utility's description, u_str; made from the fields if empty."""
    environment: Mapping[str, str] = field(default_factory=dict)
    parties: Parties | None = None
    """How the evaluator is run apart from the program; None if a command scores it."""

    def __post_init__(self) -> None:
        """Raise ConfigurationError if a field is out of range; the message names it."""
        for found in _mistakes(self):
            raise ConfigurationError(f"task {self.name!r:.90}: {found}")
        for name, reader in self.objective.readers.items():
            check_reader(name, reader)
        bundled(self.files)
        try:
            check_only(self.files, self.files, self.only)
        except Malformed as error:
            raise ConfigurationError(f"task {self.name!r:.90}: only: {error}") from error

    @property
    def seed(self) -> str:
        """Text of the initial solution *s*."""
        return bundled(self.files)

    @property
    def by_time(self) -> bool:
        """Whether the score depends on a measured time, which no second measurement repeats."""
        return self.interleaved or any(reader in TIMES for reader in self.objective.readers.values())

    def count(self, split: Split) -> int:
        """Number of instances of a split."""
        return self.test_instances if split == "test" else self.instances

    def command_for(self, seed: int, instance: int) -> str:
        """The command of one instance, with its placeholders filled in."""
        filled = self.command.replace("{seed}", str(seed)).replace("{instance}", str(instance))
        return filled.replace("{program}", shlex.quote(next(iter(self.files)))) if len(self.files) == 1 else filled

    @property
    def result_files(self) -> tuple[str, ...]:
        """Files that the command writes and from which scores are read."""
        return tuple(dict.fromkeys(path for path in map(file_of, self.objective.readers.values()) if path))

    @property
    def told(self) -> str:
        """The description of the utility, u_str."""
        return f"{(self.description or _told(self)).rstrip()}\n\n{self._form}\n"

    @property
    def _form(self) -> str:
        """The form in which a model should answer."""
        languages = set(map(language_of, self.files))
        language = languages.pop() if len(languages) == 1 else ""
        what = "the program" if len(self.files) > 1 or self.new_files else "the whole program"
        return f"Answer with {what} in one fenced block{language and f' of {language}'}."


def language_of(path: str) -> str:
    """The programming language of a file, by the end of its name; empty if that tells none."""
    return _LANGUAGES.get(path.rpartition(".")[2].lower(), "")


AnyTask = Task | CommandTask


def is_counted(task: CommandTask) -> bool:
    """Whether the kernel counts all metrics, and nothing but a comparison of the output checks the answer."""
    objective = task.objective
    by_kernel = all(objective.readers[metric.name] in COUNTED_BY_KERNEL for metric in objective.metrics)
    return objective.counted_by_kernel or (by_kernel and task.compare_output)


def _mistakes(task: CommandTask) -> list[str]:
    """Errors in the fields, most important first."""
    named = re.fullmatch(r"[\w][\w.-]{0,79}", task.name) and task.name != META_TASK
    counts = all(1 <= each <= MOST_INSTANCES for each in (task.instances, task.test_instances))
    found = {
        f"a name is made of letters, digits, '-', '_' and '.', and is not {META_TASK}": named,
        "files: there is no file to improve": bool(task.files),
        "command: there is no command": bool(task.command.strip()),
        f"repeat and held_out must be from 1 to {MOST_INSTANCES}": counts,
        f"time_limit is {task.time_limit} s; it must be more than 0": 0 < task.time_limit < math.inf,
        "compare_output: output that holds a score is not compared; let the command print its answer only, and run tests by "
        'test = "..."': not (task.compare_output and task.objective.printed),
        f"memory_limit is {task.memory_limit} bytes; the least is {LEAST_MEMORY}": task.memory_limit >= LEAST_MEMORY,
        "command: {program} stands for the one file of a task, and this one has several": (
            len(task.files) == 1 or "{program}" not in task.command
        ),
    }
    found |= {f"files: {path!r} is not a path inside the tree": is_inside(path) for path in task.files}
    found |= {
        f"score: the command writes {path}, so it cannot be one of the files that it scores": path not in task.files
        for path in task.result_files
    }
    return [words for words, is_right in found.items() if not is_right]


_LANGUAGES = {
    "c": "C", "h": "C", "cc": "C++", "cpp": "C++", "cxx": "C++", "hpp": "C++", "rs": "Rust", "go": "Go", "js": "JavaScript",
    "mjs": "JavaScript", "ts": "TypeScript", "java": "Java", "py": "Python", "sql": "SQL", "sh": "shell", "rb": "Ruby",
    "jl": "Julia", "f90": "Fortran", "cu": "CUDA", "zig": "Zig", "lua": "Lua", "php": "PHP", "kt": "Kotlin", "swift": "Swift",
}  # fmt: skip
_MEANING = {
    "time": "CPU seconds of everything that the command starts, counted by the kernel",
    "wall": "seconds that the command takes",
    "memory": "MiB of memory of its largest process, counted by the kernel",
    "passed": "1 if the command exits with status 0, else 0",
    "tests": "share of the tests that pass, from 0 to 1, read from the summary of the test tool",
}


def _told(task: CommandTask) -> str:
    """Everything that a model must know: the files, the command, what is better, what may change, and the form of an answer."""
    files = ", ".join(task.files)
    lines = [
        f"Improve the program in {files}." if len(task.files) == 1 else f"Improve the program in these files: {files}."
    ]
    if task.build:
        lines.append(f"Built once by: {task.build}")
    if task.test:
        lines.append(f"Tested once, before it is measured, by: {task.test}")
    lines.append(f"Measured by: {task.command}")
    if task.seeded:
        lines.append(
            "It is run several times; the seed decides the input, and the inputs that count in the end are others."
        )
    lines.append(f"What counts: {task.objective.told}.")
    for name, reader in task.objective.readers.items():
        lines.append(f"- {name}: {_MEANING.get(reader, f'read from what the command leaves behind, by {reader}')}")
    lines += rules(task)
    scorers = scorer_files(task.root, task.files, f"{task.command} {task.build} {task.test}")
    return "\n".join([*lines, *scorers, *used_files(task.root, task.files)]) + "\n"


def rules(task: CommandTask) -> list[str]:
    """Rules for every candidate: the scale of its utility, its limits, and what may change."""
    unbuilt, untested = " does not build," if task.build else "", " fails its test," if task.test else ""
    unprinted = " prints no score or more than one," if task.objective.printed and task.parties is None else ""
    if task.parties is not None:
        unprinted = " makes the evaluator fail, or give no finite score,"
    lines = [
        "The utility of a candidate is in [0, 1]: 1/2 is as good as the original, more is better. A candidate that"
        f"{unbuilt}{untested} fails,{unprinted} or misses a requirement has utility 0."
    ]
    if task.compare_output:
        lines.append(
            "What a candidate prints on standard output, the files that it leaves behind and its exit status must be exactly the "
            "original's on the same seed."
        )
    lines.append(
        f"Each run is stopped after {task.time_limit:g} s or at {task.memory_limit >> 20} MiB; it has no network."
    )
    return lines + _may_change(task)


def _may_change(task: CommandTask) -> list[str]:
    lines = [f"Only {', '.join(task.files)} may change; all other files are protected."]
    if task.only:
        lines.append(f"In them only this may change, everything else must stay as it is: {', '.join(task.only)}.")
    elif any(regions_of(text, path) for path, text in task.files.items()):
        lines.append(
            f"In them only what stands between the {EVOLVE} markers may change, everything else must stay as it is."
        )
    if task.new_files:
        lines.append(f"New files may be added where they match: {', '.join(task.new_files)}.")
    if len(task.files) > 1 or task.new_files:
        lines.append(
            "A candidate is the texts of the files that change, whole, each under a line of its own that names it, "
            "'=== file: PATH ===', as the program itself is shown; files that are left out stay as they are."
        )
    return lines
