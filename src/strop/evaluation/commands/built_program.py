"""One program in a copy of its tree: built once, run instance by instance, and judged where a judge computes the score."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import signal
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from strop.base.closing import ClosesItself
from strop.base.errors import Malformed, SandboxError, TaskError
from strop.base.randomness import derive
from strop.base.results import Verdict
from strop.base.scorer_notes import MOST_NOTES, NOTE_CHARACTERS, PREFIX, WORKSPACE, shortened
from strop.base.unified_diff import as_written
from strop.evaluation.audit_log import AuditLog
from strop.evaluation.base import TestsRan
from strop.evaluation.commands.isolated import IsolatedEvaluator, Isolation, Passed
from strop.evaluation.feedback import BUILD_FAILED, NAMES_ERROR, gist
from strop.evaluation.outcomes import REPORT_CHARACTERS
from strop.sandbox.workspace.base import CommandLimits, Ran, Tree, Workspace
from strop.sandbox.workspace.jail import Workspaces
from strop.tasks.command.behaviour import Behaviour, behaviour_of
from strop.tasks.command.readers import (
    GIVES_NO,
    MOST_FILE,
    Reading,
    check_alike,
    read_score,
    test_counts,
)
from strop.tasks.command.score_kinds import COUNTED_BY_KERNEL, Printed
from strop.tasks.command.task import OUTPUT, PROGRAM, CommandTask

SEED_BITS = 31
"""Bits of the number for {seed}: it fits a C `int`, and all generators accept it."""
BUILD_SECONDS, APART_MEMORY = 60.0, 4 << 30
"""A build may take so long where `time_limit` is shorter, and a build or a judge so many bytes where `memory_limit` is less."""
MOST_OUTPUT = 16 << 20
"""Most bytes of a program's standard output that a judge gets."""
_CRASHES: Mapping[int, str] = {
    number: f"signal {number.name}"
    for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGFPE, signal.SIGILL, signal.SIGBUS, signal.SIGKILL)
}
"""A shell reports by exit status 128 + n that signal n ended a program."""
_LITTLE = 200
"""If standard error has fewer characters, the end of standard output is reported too."""
OUTLIVE_SECONDS = 1.0
"""Seconds that a process may outlive a command whose time or memory counts; they are counted, too."""
LIVES_ON = "it leaves a process running, whose time and memory would not be counted; wait for it, or end it"
JUDGE = "the judge"
POINTS = 7
"""Exit status of a judge that prints points, as the checkers of testlib do; where a printed score is read, it accepts like 0."""
_LIST = (
    "find . -mindepth 1 -type d -exec test -e '{}/CACHEDIR.TAG' ';' -prune -o -type d -printf '%P\\n' -o "
    "-printf '%P\\t%m %s %T@\\n'"
)
"""Prints the paths of a copy without tools' caches, a file's with what shows whether it has changed."""

T = TypeVar("T")


@dataclass(frozen=True)
class CopyRun:
    """The result of one build or run."""

    verdict: Verdict
    error: str
    values: Mapping[str, float]
    """Values by metric; empty if something failed."""
    notes: tuple[str, ...]
    """The scorer's notes: lines that start with `strop-note: `."""
    cpu_seconds: float
    wall_seconds: float
    tail: str = ""
    """The end of the output, to explain a value."""
    output: str = ""
    """Standard output."""
    answer: str = ""
    """Digest of what the program printed and left for a judge; empty if that is nothing."""
    behaviour: Behaviour | None = None
    """Compared with the original's; None if nothing is compared or something failed."""
    readings: Mapping[str, Reading] = field(default_factory=dict)
    """What `values` are of."""
    scorer_failed: bool = False
    """Whether a judge or an evaluator failed; who is at fault, its run on the original's answer tells."""

    @property
    def answered(self) -> str:
        """Digest of its answer: of everything that is compared, or that a judge gets; empty if that is nothing."""
        return self.answer if self.behaviour is None else self.behaviour.name

    def like(self, original: Mapping[str, Reading]) -> CopyRun:
        """This, or malformed if its values are of something else than the original's, such as fewer tests."""
        try:
            if self.values:
                check_alike(self.readings, original)
        except Malformed as error:
            return replace(self, verdict="malformed", error=f"{error}\n{self.tail}".rstrip(), values={})
        return self


class Copy(ClosesItself):
    """A copy of a task's tree with one program, in its own workspace. A context manager."""

    def __init__(
        self,
        task: CommandTask,
        files: Mapping[str, str],
        rooms: Rooms,
        notes: AuditLog,
        isolation: Isolation | None = None,
    ) -> None:
        """`files`: all of the program; `isolation`: run it apart from its evaluator; None: as any command.

        Blocks until a slot is free.
        """
        self._task, self._files, self._rooms = task, files, rooms
        self.notes = notes
        """Where calls are noted that the jail refuses to it."""
        self.tests_ran: TestsRan = ()
        self.answers: dict[int, tuple[Ran, ProgramOutput]] | None = None
        """By seed, what a judge got last, if it gets the same again, spoiled; None: nothing is kept."""
        self.is_built = self._begun = False
        self._workspace: Workspace
        if isolation is not None and task.evaluator is not None:
            self._workspace = IsolatedEvaluator(task, files[task.evaluator.program], rooms.workspaces, isolation)
            return
        tree = Tree(task.root, _changed(task, files), task.tools, rooms.left_out(task))
        self._workspace = rooms.workspaces.open(tree)

    @property
    def passed(self) -> Passed:
        """What passed between an evaluator and the program in the last run."""
        return self._workspace.passed if isinstance(self._workspace, IsolatedEvaluator) else Passed(0, "")

    def build(self) -> CopyRun | None:
        """Run the build, if there is one; None if it succeeded."""
        self.is_built = True
        return self._build() if self._task.build else None

    def test(self, least: TestsRan = ()) -> CopyRun | None:
        """Run the task's test, if there is one, on what was built; None if it succeeded. No run finds what it leaves.

        `least`: how many tests must pass or fail: as many as of the original, because a skipped test does not count as passed.
        """
        return self._test_once(least) if self._task.test else None

    def run(self, seed: int, case: str = "", spoil: Mapping[str, Any] | None = None) -> CopyRun:
        """Run the command on one instance and read its values.

        `spoil`: how the answer is spoiled on its way to the judge or the evaluator (strop.checks.relay). With `answers` that of
        the last run is judged.
        """
        return self._run_once(seed, case, spoil)

    def _build(self) -> CopyRun | None:
        ran = self._run(self._task.build, self._environment(0), is_build=True)
        if (failed := _failure(ran)) is None:
            return None
        verdict, error = failed
        lines = _words(ran).splitlines()
        named = next((line for line in lines if verdict == "raised" and NAMES_ERROR.search(line)), "")
        rest = [line for line in lines if line is not named]
        words = "\n".join([f"{BUILD_FAILED}: {shortened(named.strip(), NOTE_CHARACTERS) or error}", *rest])
        return self._measured(ran, verdict, words)

    def _test_once(self, least: TestsRan) -> CopyRun | None:
        if not self._start_over():
            return _not_copied()
        ran = self._run(self._task.test, self._environment(0))
        self.tests_ran = tuple(map(sum, test_counts(f"{ran.output}\n{ran.errors}")))
        if (failed := _failure(ran) or _fewer(self.tests_ran, least)) is None:
            return None
        verdict, error = failed
        return self._measured(ran, verdict, f"the test failed: {error}\n{_printed(ran)}")

    def _run_once(self, seed: int, case: str, spoil: Mapping[str, Any] | None) -> CopyRun:
        task = self._task
        if spoil is not None and self.answers and seed in self.answers:
            ran, answer = self.answers[seed]
            return self._judged(ran, spoiled(answer, spoil), seed, case)
        if not self._start_over():  # else a run could leave its answer for the next
            return _not_copied()
        if case and not self._workspace.put(case, (task.root / case).read_bytes()):
            return _not_copied()
        if isinstance(self._workspace, IsolatedEvaluator):
            self._workspace.spoil, self._workspace.draws = spoil, guest_seed(seed, "program")
        ran = self._run(task.filled(task.command, seed % (1 << SEED_BITS), case), self._environment(seed), case)
        reads = () if task.judge else task.objective.readers.values()
        counted = test_counts(f"{ran.output}\n{ran.errors}") if "tests" in reads else ()
        failed = _failure(ran, explained=_says_why(reads, counted))
        if ran.malformed and ran.ending == "exited":
            failed = "malformed", ran.malformed
        if failed is None and ran.lived_on and task.objective.counts_cost:
            failed = "malformed", LIVES_ON
        if failed is not None:
            verdict, error = failed
            error += ", without a summary of pytest or JUnit XML" if counted and not any(map(sum, counted)) else ""
            measured = self._measured(ran, verdict, f"{error}\n{_printed(ran)}")
            return replace(measured, scorer_failed=self.passed.scorer_failed)
        if task.judge is None:
            return self._read(ran)
        if ran.output_truncated:
            return self._measured(ran, "malformed", f"it prints more than {MOST_OUTPUT >> 20} MiB")
        answer = ProgramOutput(ran.raw, {path: self._workspace.read(path, MOST_OUTPUT) for path in task.results})
        if self.answers is not None:
            self.answers[seed] = ran, answer
        return self._judged(ran, spoiled(answer, spoil), seed, case)

    def _read(self, ran: Ran) -> CopyRun:
        """The values that the command itself printed, wrote or used."""
        task = self._task
        try:
            readings = {name: read_score(name, how, self._left(ran)) for name, how in task.objective.readers.items()}
            behaviour = self._behaviour(ran) if task.compare_output else None
        except Malformed as error:
            cut = " (the output was cut in its middle)" if ran.truncated else ""
            ended = "" if ran.ok else f" ({ran.detail})"
            output = "" if GIVES_NO in str(error) else _printed(ran)  # the error quotes it already
            return self._measured(ran, "malformed", f"{error}{ended}{cut}\n{output}".rstrip())
        measured = self._measured(ran, "ok", "", {name: found.value for name, found in readings.items()})
        measured = replace(measured, behaviour=behaviour, readings=readings)
        if ran.ok:
            return measured
        # The score covers the failure, but only the output tells which test failed.
        return replace(measured, notes=(*measured.notes, f"{ran.detail}: {_printed(ran)}"))

    def _judged(self, ran: Ran, answer: ProgramOutput, seed: int, case: str) -> CopyRun:
        """What the judge says of an answer."""
        judged, printed = self._rooms.judged(self._task, self._files, answer, seed, case)
        readers = self._task.objective.readers
        is_read = any(reader not in COUNTED_BY_KERNEL for reader in readers.values())
        accepts = judged.ok or (bool(self._task.objective.printed) and judged.code == POINTS)
        if not accepts and not ("passed" in readers.values() and judged.ending == "exited"):
            refuses = f"{JUDGE} refuses the answer ({judged.detail})"
            words = refuses if judged.ending == "exited" else f"{JUDGE}: {judged.detail}"
            measured = self._measured(ran, "malformed", f"{words}\n{_printed(judged)}".rstrip(), notes=judged)
            return replace(measured, scorer_failed=judged.ending != "exited")
        try:
            readings = {
                name: read_score(name, how, self._left(ran) if how in COUNTED_BY_KERNEL else printed)
                for name, how in readers.items()
            }
        except Malformed as error:
            return self._measured(ran, "malformed", f"{JUDGE}: {error}\n{_printed(judged)}".rstrip(), notes=judged)
        measured = self._measured(ran, "ok", "", {name: found.value for name, found in readings.items()}, notes=judged)
        readings = {name: replace(found, is_judged=True) for name, found in readings.items()}
        shown = hashlib.sha256(repr((answer.output, sorted(answer.results.items()))).encode()).hexdigest()
        return replace(measured, readings=readings, answer=shown, tail=_printed(judged) if is_read else measured.tail)

    def _start_over(self) -> bool:
        """Restore what the build left; return whether that was possible."""
        names = self._task.result_files
        if not self._begun and names:  # results come from runs only, not from the tree or the build
            self._workspace.run(f"rm -f -- {' '.join(map(shlex.quote, names))}", self._limits())
        self._begun = True
        return self._workspace.clear()

    def _run(self, command: str, environment: Mapping[str, str], case: str = "", is_build: bool = False) -> Ran:
        limits = self._limits(case)
        if is_build:
            limits = _apart(self._task, BUILD_SECONDS, limits.outlive_seconds)
        ran = self._workspace.run(with_pipes(command), limits, environment=environment)
        self.notes.denied(ran.denied)
        return ran

    def _limits(self, case: str = "") -> CommandLimits:
        task = self._task
        return _limits(task, task.time_limit, OUTLIVE_SECONDS if task.objective.counts_cost else 0.0)

    def _environment(self, seed: int) -> dict[str, str]:
        """A judge may draw from the instance's seed, which is then the program's only where its command names it."""
        task = self._task
        is_given = task.judge is None or "{seed}" in task.command or "STROP_SEED" in task.command
        own = seed % (1 << SEED_BITS) if is_given else guest_seed(seed, "program")
        return {**task.environment, "STROP_SEED": str(own), WORKSPACE: "1"}

    def _left(self, ran: Ran) -> Printed:
        def read(path: str) -> bytes | None:
            return self._workspace.read(path, MOST_FILE)

        used = ran.cpu_seconds, ran.wall_seconds, ran.memory_bytes
        return Printed(ran.output, ran.errors, ran.ok, *used, read, self._task.scorer or "the output")

    def _behaviour(self, ran: Ran) -> Behaviour:
        """Raises Malformed if a file of `results` is too large to compare."""
        files = {}
        for path in self._task.results:
            content = self._workspace.read(path, MOST_OUTPUT + 1)
            if content is not None and len(content) > MOST_OUTPUT:
                raise Malformed(f"{path} has more than {MOST_OUTPUT >> 20} MiB")
            if content is not None:
                files[path] = hashlib.blake2b(content, digest_size=16).hexdigest()
        return behaviour_of(ran.detail, ran.output, ran.digest, truncated=ran.output_truncated, files=files)

    def left_beside(self, case: str) -> list[str]:
        """What the last run left in the copy besides `results`: no caches and, without a build, no programs that it compiled."""
        after = self._listed()
        self._start_over()
        known = {str(path) for name in (case, *self._task.results) for path in (Path(name), *Path(name).parents)}
        return sorted({line.partition("\t")[0] for line in after - self._listed()} - known)

    def _listed(self) -> set[str]:
        command = _LIST if self._task.build else _LIST.replace("-o -printf", "-o -type f -perm -100 -o -printf")
        return set(self._workspace.run(command, CommandLimits(output_bytes=MOST_OUTPUT)).output.splitlines())

    def _measured(
        self,
        ran: Ran,
        verdict: Verdict,
        error: str,
        values: Mapping[str, float] | None = None,
        notes: Ran | None = None,
    ) -> CopyRun:
        """`notes`: the run of the judge, whose notes count in place of the program's."""
        refused = ", ".join(f"{name} ({times})" for name, times in sorted(ran.denied.items()))
        first, _, rest = error.partition("\n")
        reason = f"{first}; the jail refused {refused}" if error and refused else first
        return CopyRun(
            verdict,
            shortened(f"{reason}\n{rest}".rstrip(), REPORT_CHARACTERS),
            values or {},
            _notes_of(notes or ran),
            ran.cpu_seconds,
            ran.wall_seconds,
            _printed(ran) if values else "",
            ran.output,
            ran.digest if ran.output else "",
        )

    def close(self) -> None:
        """End what runs in it and remove it. Idempotent."""
        self._workspace.close()


@dataclass(frozen=True)
class ProgramOutput:
    """What a program left for the judge."""

    output: bytes
    results: Mapping[str, bytes | None]


def spoiled(answer: ProgramOutput, spoil: Mapping[str, Any] | None) -> ProgramOutput:
    """The answer, or a spoiled one: `spoil` has the function that changes an output."""
    if spoil is None:
        return answer
    output = spoil["text"](answer.output.decode("utf-8", "replace"))
    return replace(answer, output=output.encode("utf-8", "surrogateescape"))


class Rooms:
    """The workspaces of a task's programs; those of its original and of its judge are kept once they are built. Thread-safe."""

    def __init__(self, workspaces: Workspaces) -> None:
        self.workspaces = workspaces
        self._left_out: dict[str, tuple[str, ...]] = {}
        self._idle: defaultdict[str, list[Workspace]] = defaultdict(list)
        """Task → its judge's workspaces that nobody uses."""
        self._originals: defaultdict[str, list[Copy]] = defaultdict(list)
        """Task → built copies of its original that nobody uses."""

    def idle_original(self, task: CommandTask) -> Copy | None:
        """A built copy of a task's original; None if none is kept."""
        with suppress(IndexError):
            return self._originals[task.name].pop()
        return None

    def keep_original(self, task: CommandTask, copy: Copy) -> None:
        """Keep a built copy of a task's original for later, if a command built it."""
        if task.build:
            self._originals[task.name].append(copy)
        else:
            copy.close()

    def free(self, name: str) -> None:
        """Close the kept copies of a task's original, each of which takes a slot."""
        with suppress(IndexError):
            while True:
                self._originals[name].pop().close()

    def left_out(self, task: CommandTask) -> tuple[str, ...]:
        """The files that no copy of a task's tree for a program has, found once."""
        if task.name not in self._left_out:
            self._left_out[task.name] = task.left_out()
        return self._left_out[task.name]

    def judged(
        self, task: CommandTask, files: Mapping[str, str], answer: ProgramOutput, seed: int, case: str
    ) -> tuple[Ran, Printed]:
        """Run a task's judge on an answer; how it ended, and what it printed.

        Raises:
            SandboxError: the judge cannot be built, or the host failed.
        """
        idle = self._idle[task.name]
        try:
            workspace = idle.pop()
        except IndexError:
            workspace = self._opened(task)
        try:
            ran = self._judge(task, workspace, files, answer, seed, case)
        except BaseException:
            workspace.close()
            raise
        idle.append(workspace)

        def read(path: str) -> bytes | None:
            return None

        return ran, Printed(ran.output, ran.errors, ran.ok, ran.cpu_seconds, ran.wall_seconds, ran.memory_bytes, read)

    def _opened(self, task: CommandTask) -> Workspace:
        assert task.judge is not None
        workspace = self.workspaces.open(Tree(task.root, {}, task.tools))
        if task.judge.build:
            limits = _apart(task, BUILD_SECONDS)
            ran = workspace.run(with_pipes(task.judge.build), limits, environment=task.environment)
            if not ran.ok:
                workspace.close()
                raise TaskError(f"task {task.name}: judge_build failed: {ran.detail}; {gist(_words(ran))}")
        return workspace

    def _judge(
        self,
        task: CommandTask,
        workspace: Workspace,
        files: Mapping[str, str],
        answer: ProgramOutput,
        seed: int,
        case: str,
    ) -> Ran:
        assert task.judge is not None
        placed: dict[str, bytes] = {OUTPUT: answer.output}
        placed |= {path: content for path, content in answer.results.items() if content is not None}
        if "{program}" in task.judge.command or len(files) > 1:
            placed |= {f"{PROGRAM}/{path}": text.encode("utf-8", "surrogateescape") for path, text in files.items()}
        if not workspace.clear() or not all(workspace.put(path, content) for path, content in placed.items()):
            raise SandboxError("what a program left cannot be placed where the judge finds it")
        program = f"{PROGRAM}/{next(iter(files))}"
        command = task.filled(task.judge.command, seed % (1 << SEED_BITS), case, output=OUTPUT, program=program)
        environment = {**task.environment, "STROP_SEED": str(guest_seed(seed, "judge")), WORKSPACE: "1"}
        return workspace.run(with_pipes(command), _apart(task, task.judge_seconds), environment=environment)

    def close(self) -> None:
        """Close what is kept. Idempotent."""
        for name in list(self._originals):
            self.free(name)
        for idle in self._idle.values():
            while idle:
                idle.pop().close()


def guest_seed(seed: int, guest: str) -> int:
    """A guest's own seed, which tells no other's. The key is the instance's whole seed, of which guests get SEED_BITS."""
    return derive(seed.to_bytes(32, "big"), guest) % (1 << SEED_BITS)


def _limits(task: CommandTask, seconds: float, outlive: float = 0.0) -> CommandLimits:
    more: dict[str, Any] = {"counts_memory": "memory" in task.objective.readers.values()}
    more |= {"output_bytes": MOST_OUTPUT} if task.judge is not None else {}
    cpu = seconds * (os.cpu_count() or 1)
    return CommandLimits(seconds, cpu_seconds=cpu, memory_bytes=task.memory_limit, outlive_seconds=outlive, **more)


BASH = "bash"
_PIPE = re.compile(r"(?<![|>])\|(?!\|)")


def with_pipes(command: str) -> str:
    """A command that fails if any part of a pipe fails: `./bench | tee log` succeeds in sh even if bench crashes.

    Needs bash; without it, only the last part counts. Status 141 is a part whose reader has
    ended, as in `yes | head -1`.
    """
    if not _PIPE.search(command) or shutil.which(BASH, path=os.defpath) is None:
        return command
    counted = 'set -o pipefail\neval "$1"\nstatus=$?\n[ $status -eq 141 ] && exit 0\nexit $status'
    return f"exec {BASH} -c {shlex.quote(counted)} sh {shlex.quote(command)}"


def _changed(task: CommandTask, files: Mapping[str, str]) -> dict[str, str]:
    """The files that differ from the tree, with the line ends of the tree's files."""
    changed = {path: text for path, text in files.items() if task.files.get(path) != text}
    for path in changed.keys() & task.files.keys():
        written = (task.root / path).read_bytes().decode("utf-8", "replace")
        changed[path] = as_written(changed[path], written)
    return changed


def _not_copied() -> CopyRun:
    return CopyRun("died", "the files that the build left cannot be copied for a run", {}, (), 0.0, 0.0)


def _says_why(reads: Collection[str], counted: Sequence[tuple[int, int]]) -> bool:
    """Whether the score accounts for a failing exit status: it is the score, or failing tests explain it.

    If all tests passed, something else failed, such as a benchmark that runs after them.
    """
    return "passed" in reads or any(failed for _, failed in counted)


def _failure(ran: Ran, *, explained: bool = False) -> tuple[Verdict, str] | None:
    """How a command failed: the verdict and one line; None if it succeeded. `explained`: ignore its exit status."""
    match ran.ending:
        case "timeout" | "out of memory":
            return ran.ending, ran.detail
        case "disk full":
            return "died", ran.detail
        case "signal":
            return None if explained else ("died", ran.detail)
        case "exited" if ran.ok or explained:
            return None
        case "exited":
            crash = _CRASHES.get((ran.code or 0) - 128)
            return ("died", f"{ran.detail} ({crash})") if crash else ("raised", ran.detail)


def _fewer(ran: TestsRan, least: TestsRan) -> tuple[Verdict, str] | None:
    fewer = next(((count, all_) for count, all_ in zip(ran, least, strict=False) if count < all_), None)
    words = "{} tests passed or failed, of the original {}; a skipped test does not count as passed"
    return ("malformed", words.format(*fewer)) if fewer else None


def _words(ran: Ran) -> str:
    """What it printed, preferably on standard error."""
    errors = "\n".join(line for line in ran.errors.splitlines() if not line.startswith(PREFIX)).strip()
    output = "\n".join(line for line in ran.output.splitlines() if not line.startswith(PREFIX)).strip()
    return errors if len(errors) >= _LITTLE else "\n".join(part for part in (output, errors) if part)


def _printed(ran: Ran) -> str:
    return shortened(_words(ran), REPORT_CHARACTERS - 300)


def _notes_of(ran: Ran) -> tuple[str, ...]:
    lines = [line for text in (ran.errors, ran.output) for line in text.splitlines() if line.startswith(PREFIX)]
    return tuple(line.removeprefix(PREFIX).replace("\\n", "\n") for line in lines[:MOST_NOTES])


def _apart(task: CommandTask, seconds: float, outlive: float = 0.0) -> CommandLimits:
    """Of a build or a judge: at least `seconds` and `APART_MEMORY`, because the program's limits are not meant for them."""
    limits = _limits(task, max(task.time_limit, seconds), outlive)
    return replace(limits, memory_bytes=max(task.memory_limit, APART_MEMORY))
