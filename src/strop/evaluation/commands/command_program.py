"""One program in a copy of its tree: built once, run instance by instance, and judged where a judge computes the score."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from strop.base.errors import Malformed, SandboxError, TaskError
from strop.base.failures import BUILD_FAILED, NAMES_ERROR, gist
from strop.base.later import dataclass
from strop.base.scorer_notes import NOTE_CHARACTERS, WORKSPACE, shortened
from strop.evaluation.audit_log import AuditLog
from strop.evaluation.commands.built_program import (
    MOST_OUTPUT,
    SEED_BITS,
    BuiltProgram,
    ProgramRun,
    failure_of,
    guest_seed,
    left_by,
    limits_of,
    measured,
    printed_by,
    read_values,
    words_of,
)
from strop.evaluation.commands.evaluated_program import EvaluatedProgram, Isolation
from strop.sandbox.workspace.base import CommandLimits, Ran, Tree, Workspace
from strop.sandbox.workspace.jail import Workspaces
from strop.tasks.command.behaviour import Behaviour, behaviour_of
from strop.tasks.command.bundle import ABSENT
from strop.tasks.command.readers import MOST_FILE, test_counts
from strop.tasks.command.score_kinds import COUNTED_BY_KERNEL
from strop.tasks.command.task import OUTPUT, PROGRAM, CommandTask
from strop.tasks.versions import differing

BUILD_SECONDS = 60.0
"""Wall seconds that a build may take even if `time_limit` is shorter."""
LIVES_ON = "it leaves a process running, whose time and memory would not be counted; wait for it, or end it"
JUDGE = "the judge"
POINTS = 7
"""Exit status of a judge that prints points, as the checkers of testlib do. If a printed score is read, it accepts an answer like
status 0."""
_LIST = (
    "find . -mindepth 1 -type d -exec test -e '{}/CACHEDIR.TAG' ';' -prune -o -type d -printf '%P\\n' -o "
    "-printf '%P\\t%m %s %T@\\n'"
)
"""Prints the paths of a copy, without caches of tools. Beside a file stands what shows whether it has changed."""
_NOT_COPIED = ProgramRun("died", "the files that the build left cannot be copied for a run", {}, (), 0.0, 0.0)


class CommandProgram(BuiltProgram):
    """A copy of a task's tree with one program, in its own workspace, where a command runs it."""

    def __init__(self, task: CommandTask, files: Mapping[str, str], pool: WorkspacePool, notes: AuditLog) -> None:
        """`files`: all of the program. Blocks until a slot is free."""
        self._task, self._files, self._pool, self.notes = task, files, pool, notes
        self._is_built = self._begun = False
        laid = differing(task.root, files, is_version=bool(task.target_files))
        self._workspace = pool.workspaces.open(Tree(task.root, laid, task.tools, pool.left_out(task)))

    def build(self) -> ProgramRun | None:
        if self._is_built or not self._task.build:
            return None
        self._is_built = True
        ran = self._run(self._task.build, self._environment(0), limits_of(self._task, BUILD_SECONDS, is_program=True))
        if (failed := failure_of(ran)) is None:
            return None
        verdict, error = failed
        lines = words_of(ran).splitlines()
        named = next((line for line in lines if verdict == "raised" and NAMES_ERROR.search(line)), "")
        rest = [line for line in lines if line is not named]
        message = "\n".join([f"{BUILD_FAILED}: {shortened(named.strip(), NOTE_CHARACTERS) or error}", *rest])
        return measured(ran, verdict, message)

    def run(self, seed: int, case: str = "", spoil: Mapping[str, Any] | None = None) -> ProgramRun:
        task = self._task
        if spoil is not None and self.answers and seed in self.answers:
            ran, answer = self.answers[seed]
            return self._judged(ran, spoiled(answer, spoil), seed, case)
        if not self._start_over():  # without this, a run could leave its answer for the next one
            return _NOT_COPIED
        if case and not self._workspace.put(case, (task.root / case).read_bytes()):
            return _NOT_COPIED
        ran = self._run(task.filled(task.command, seed % (1 << SEED_BITS), case), self._environment(seed))
        reads = () if task.judge else task.objective.readers.values()
        counted = test_counts(f"{ran.output}\n{ran.errors}") if "tests" in reads else ()
        # The score accounts for a failing exit status where it is the score, or where tests failed. If all of them passed,
        # something else failed, such as a benchmark that runs after them.
        failed = failure_of(ran, explained="passed" in reads or any(fails for _, fails in counted))
        if failed is None and ran.lived_on and task.objective.counts_cost:
            failed = "malformed", LIVES_ON
        if failed is not None:
            verdict, error = failed
            error += ", without a summary of pytest or JUnit XML" if counted and not any(map(sum, counted)) else ""
            return measured(ran, verdict, f"{error}\n{printed_by(ran)}")
        if task.judge is None:
            file = partial(self._workspace.read, most=MOST_FILE)
            left = replace(left_by(ran), file=file, source=task.scorer or "the output")
            return read_values(task, ran, left, partial(self._behaviour, ran) if task.compare_output else None)
        if ran.output_truncated:
            return measured(ran, "malformed", f"it prints more than {MOST_OUTPUT >> 20} MiB")
        answer = ProgramOutput(ran.raw, {path: self._workspace.read(path, MOST_OUTPUT) for path in task.results})
        if self.answers is not None:
            self.answers[seed] = ran, answer
        return self._judged(ran, spoiled(answer, spoil), seed, case)

    def _judged(self, ran: Ran, answer: ProgramOutput, seed: int, case: str) -> ProgramRun:
        """The result of a run, with the judge's scores for its answer."""
        judged = self._pool.judged(self._task, self._files, answer, seed, case)
        readers = self._task.objective.readers
        accepts = judged.ok or (bool(self._task.objective.printed) and judged.code == POINTS)
        if not accepts and not ("passed" in readers.values() and judged.ending == "exited"):
            refuses = f"{JUDGE} refuses the answer ({judged.detail})"
            message = refuses if judged.ending == "exited" else f"{JUDGE}: {judged.detail}"
            program_run = measured(ran, "malformed", f"{message}\n{printed_by(judged)}".rstrip(), notes=judged)
            return replace(program_run, scorer_failed=judged.ending != "exited", scorer_limit=judged.limit)
        program_run = read_values(self._task, ran, left_by(judged), judge=judged)
        readings = {name: replace(reading, is_judged=True) for name, reading in program_run.readings.items()}
        answer_digest = hashlib.sha256(repr((answer.output, sorted(answer.results.items()))).encode()).hexdigest()
        is_read = program_run.values and any(reader not in COUNTED_BY_KERNEL for reader in readers.values())
        return replace(
            program_run,
            readings=readings,
            answer=answer_digest,
            tail=printed_by(judged) if is_read else program_run.tail,
        )

    def _start_over(self) -> bool:
        """Bring the copy back to the state after its build. Returns whether that was possible."""
        names = self._task.result_files
        if not self._begun and names:  # results come from runs only, not from the tree or the build
            self._workspace.run(f"rm -f -- {' '.join(map(shlex.quote, names))}", limits_of(self._task, is_program=True))
        self._begun = True
        return self._workspace.clear()

    def _run(self, command: str, environment: Mapping[str, str], limits: CommandLimits | None = None) -> Ran:
        ran = self._workspace.run(
            with_pipes(command), limits or limits_of(self._task, is_program=True), environment=environment
        )
        self.notes.denied(ran.denied)
        return ran

    def _environment(self, seed: int) -> dict[str, str]:
        """The variables of a run. A judge may draw from the instance's seed, so a judged program gets that seed only if its
        command names it."""
        task = self._task
        is_given = task.judge is None or "{seed}" in task.command or "STROP_SEED" in task.command
        own = seed % (1 << SEED_BITS) if is_given else guest_seed(seed, "program")
        return {**task.environment, "STROP_SEED": str(own), WORKSPACE: "1"}

    def _behaviour(self, ran: Ran) -> Behaviour:
        """The behaviour of a run. Raises Malformed if a file of `results` is too large to compare."""
        files = {}
        for path in self._task.results:
            content = self._workspace.read(path, MOST_OUTPUT + 1)
            if content is not None and len(content) > MOST_OUTPUT:
                raise Malformed(f"{path} has more than {MOST_OUTPUT >> 20} MiB")
            if content is not None:
                files[path] = hashlib.blake2b(content, digest_size=16).hexdigest()
        return behaviour_of(ran.detail, ran.output, ran.digest, truncated=ran.output_truncated, files=files)

    def left_beside(self, case: str) -> list[str]:
        after = self._listed()
        self._start_over()
        results = {str(path) for name in (case, *self._task.results) for path in (Path(name), *Path(name).parents)}
        return sorted({line.partition("\t")[0] for line in after - self._listed()} - results)

    def _listed(self) -> set[str]:
        command = _LIST if self._task.build else _LIST.replace("-o -printf", "-o -type f -perm -100 -o -printf")
        return set(self._workspace.run(command, CommandLimits(output_bytes=MOST_OUTPUT)).output.splitlines())

    def close(self) -> None:
        """End what runs in it and remove it. Idempotent."""
        self._workspace.close()


@dataclass(frozen=True)
class ProgramOutput:
    """What a program left for the judge."""

    output: bytes
    results: Mapping[str, bytes | None]


def spoiled(answer: ProgramOutput, spoil: Mapping[str, Any] | None) -> ProgramOutput:
    """The answer with its output changed by the function in `spoil`; without `spoil` the answer itself."""
    if spoil is None:
        return answer
    output = spoil["text"](answer.output.decode("utf-8", "replace"))
    return replace(answer, output=output.encode("utf-8", "surrogateescape"))


class WorkspacePool:
    """The workspaces of a task's programs; those of its original and of its judge are kept once they are built. Thread-safe."""

    def __init__(self, workspaces: Workspaces) -> None:
        self.workspaces = workspaces
        self._left_out: dict[str, tuple[str, ...]] = {}
        self._idle: defaultdict[str, list[Workspace]] = defaultdict(list)
        """Task → its judge's workspaces that nobody uses."""
        self._originals: defaultdict[str, list[BuiltProgram]] = defaultdict(list)
        """Task → built copies of its original that nobody uses."""

    def opened(
        self, task: CommandTask, files: Mapping[str, str], notes: AuditLog, isolation: Isolation | None = None
    ) -> BuiltProgram:
        """A program of a task, not built yet. It runs apart from its evaluator if `isolation` is given, otherwise by its command.

        `files` are all files of the program. Blocks until a slot is free.
        """
        if isolation is None:
            return CommandProgram(task, files, self, notes)
        return EvaluatedProgram(task, files, self.workspaces, isolation, notes)

    def idle_original(self, task: CommandTask) -> BuiltProgram | None:
        """A built copy of a task's original; None if none is kept."""
        with suppress(IndexError):
            return self._originals[task.name].pop()
        return None

    def keep_original(self, task: CommandTask, copy: BuiltProgram) -> None:
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

    def judged(self, task: CommandTask, files: Mapping[str, str], answer: ProgramOutput, seed: int, case: str) -> Ran:
        """Run a task's judge on an answer.

        Raises:
            SandboxError: the judge cannot be built, or the host failed.
        """
        idle = self._idle[task.name]
        try:
            workspace = idle.pop()
        except IndexError:
            workspace = self._judge_of(task)
        try:
            ran = self._judge(task, workspace, files, answer, seed, case)
        except BaseException:
            workspace.close()
            raise
        idle.append(workspace)
        return ran

    def _judge_of(self, task: CommandTask) -> Workspace:
        assert task.judge is not None
        workspace = self.workspaces.open(Tree(task.root, {}, task.tools))
        if task.judge.build:
            limits = limits_of(task, BUILD_SECONDS)
            ran = workspace.run(with_pipes(task.judge.build), limits, environment=task.environment)
            if not ran.ok:
                workspace.close()
                raise TaskError(f"task {task.name}: judge_build failed: {ran.detail}; {gist(words_of(ran))}")
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
        if "{program}" in task.judge.command or len(files) > 1 or task.target_files:
            there = {path: text for path, text in files.items() if text != ABSENT}
            placed |= {f"{PROGRAM}/{path}": text.encode("utf-8", "surrogateescape") for path, text in there.items()}
        if not workspace.clear() or not all(workspace.put(path, content) for path, content in placed.items()):
            raise SandboxError("what a program left cannot be placed where the judge finds it")
        program = f"{PROGRAM}/{next(iter(files))}"
        command = task.filled(task.judge.command, seed % (1 << SEED_BITS), case, output=OUTPUT, program=program)
        environment = {**task.environment, "STROP_SEED": str(guest_seed(seed, "judge")), WORKSPACE: "1"}
        return workspace.run(with_pipes(command), limits_of(task, task.judge_seconds), environment=environment)

    def close(self) -> None:
        """Close what is kept. Idempotent."""
        for name in list(self._originals):
            self.free(name)
        for idle in self._idle.values():
            while idle:
                idle.pop().close()


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
