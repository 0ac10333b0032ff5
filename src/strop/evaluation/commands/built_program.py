"""The contract of a built program, and the result of one of its runs. A command or an evaluator runs it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import Any, Protocol

from strop.base.closing import ClosesItself
from strop.base.errors import Malformed
from strop.base.later import dataclass
from strop.base.randomness import derive
from strop.base.results import MEMORY, Verdict
from strop.base.scorer_notes import MOST_NOTES, PREFIX, shortened
from strop.evaluation.audit_log import AuditLog
from strop.evaluation.outcomes import REPORT_CHARACTERS
from strop.sandbox.workspace.base import CommandLimits, Ran
from strop.tasks.command.behaviour import Behaviour
from strop.tasks.command.readers import GIVES_NO, Reading, read_score, unlike
from strop.tasks.command.score_kinds import COUNTED_BY_KERNEL, Printed
from strop.tasks.command.task import CommandTask

SEED_BITS = 31
"""Bits of the number for {seed}: it fits a C `int`, and all generators accept it."""
MOST_OUTPUT = 16 << 20
"""Most bytes of a program's standard output that a judge gets."""
APART_MEMORY = 4 << 30
"""Bytes of memory that a build or a judge may take even if `memory_limit` is less."""
OUTLIVE_SECONDS = 1.0
"""Seconds that a process may outlive a command whose time or memory counts; they are counted, too."""
_CRASHES: Mapping[int, str] = {
    number: f"signal {number.name}"
    for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGFPE, signal.SIGILL, signal.SIGBUS, signal.SIGKILL)
}
"""A shell reports by exit status 128 + n that signal n ended a program."""
_LITTLE = 200
"""If standard error has fewer characters, the end of standard output is reported too."""


@dataclass(frozen=True)
class ProgramRun:
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
    """Where each of `values` was read."""
    scorer_failed: bool = False
    """Whether a judge or an evaluator failed. Whether the program is at fault shows in a run on the original's answer."""
    scorer_limit: str = ""
    """The limit of time or memory that a judge or an evaluator reached, in words; empty if it reached none."""
    calls: int = 0
    """Digest of all calls of an evaluator with their answers; 0: there was none."""
    gives: bool = True
    """Whether a call returned something else than None."""
    refused: str = ""
    """Why an evaluator and the program must share a process; empty if they need not."""

    @property
    def answered(self) -> str:
        """Digest of its answer: of everything that is compared, or that a judge gets; empty if that is nothing."""
        return self.answer if self.behaviour is None else self.behaviour.name

    def like(self, original: Mapping[str, Reading]) -> ProgramRun:
        """This run, or a malformed one if its scores measure something else than the original's, such as fewer tests."""
        why = unlike(self.readings, original) if self.values else ""
        return replace(self, verdict="malformed", error=f"{why}\n{self.tail}".rstrip(), values={}) if why else self


class BuiltProgram(ClosesItself, Protocol):
    """One program, which is built once and run instance by instance: by a command, or by an evaluator. A context manager."""

    notes: AuditLog
    """Takes notes of the calls that the jail refuses to the program."""
    answers: dict[int, Any] | None = None
    """The last answer for each seed, kept so that the judge can be given a spoiled copy of it; None: nothing is kept."""

    def build(self) -> ProgramRun | None:
        """Run the build unless it has run. Returns None if it succeeded or there is none, otherwise the failed run."""
        return None

    def run(self, seed: int, case: str = "", spoil: Mapping[str, Any] | None = None) -> ProgramRun:
        """Run the program on one instance and read its values.

        `spoil` says how the answer is spoiled on its way to the judge or the evaluator (strop.checks.relay). If `answers` has the
        answer of an earlier run with this seed, that one is spoiled and judged.
        """

    def left_beside(self, case: str) -> list[str]:
        """The files that the last run left in the copy besides `results`. Caches are left out, and without a build compiled
        programs, too."""
        return []


def limits_of(task: CommandTask, seconds: float = 0.0, *, is_program: bool = False) -> CommandLimits:
    """Limits of a run of the program. A build or a judge may take at least `seconds` wall seconds, and `APART_MEMORY` bytes."""
    wall = max(task.time_limit, seconds)
    return CommandLimits(
        wall_seconds=wall,
        cpu_seconds=wall * (os.cpu_count() or 1),
        memory_bytes=max(task.memory_limit, APART_MEMORY) if seconds else task.memory_limit,
        output_bytes=CommandLimits.output_bytes if task.judge is None else MOST_OUTPUT,
        outlive_seconds=OUTLIVE_SECONDS if is_program and task.objective.counts_cost else 0.0,
        counts_memory="memory" in task.objective.readers.values(),
    )


def guest_seed(seed: int, guest: str) -> int:
    """The seed of one guest, from which no other guest's can be told. It derives from the instance's whole seed, of which guests
    get SEED_BITS."""
    return derive(seed.to_bytes(32, "big"), guest) % (1 << SEED_BITS)


def failure_of(ran: Ran, *, explained: bool = False) -> tuple[Verdict, str] | None:
    """How a command failed, as the verdict and one line; None if it succeeded. `explained` ignores its exit status."""
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


def measured(
    ran: Ran, verdict: Verdict, error: str, values: Mapping[str, float] | None = None, notes: Ran | None = None
) -> ProgramRun:
    """The result of a run. `notes` is the run of the judge, if its notes count in place of the program's."""
    refused = ", ".join(f"{name} ({times})" for name, times in sorted(ran.denied.items()))
    first, _, rest = error.partition("\n")
    reason = f"{first}; the jail refused {refused}" if error and refused else first
    return ProgramRun(
        verdict,
        shortened(f"{reason}\n{rest}".rstrip(), REPORT_CHARACTERS),
        values or {},
        _notes_of(notes or ran),
        ran.cpu_seconds,
        ran.wall_seconds,
        printed_by(ran) if values else "",
        ran.output,
        ran.digest if ran.output else "",
    )


def left_by(ran: Ran) -> Printed:
    """What a run left behind, except files."""
    return Printed(ran.output, ran.errors, ran.ok, ran.cpu_seconds, ran.wall_seconds, ran.memory_bytes)


def read_values(
    task: CommandTask,
    ran: Ran,
    left: Printed,
    behaviour: Callable[[], Behaviour] | None = None,
    judge: Ran | None = None,
) -> ProgramRun:
    """The result of a run whose scores are read from what the program, or its `judge`, `left` behind. Costs are those of `ran`.

    `behaviour` gives the run's behaviour if it is compared with the original's; it may raise Malformed.
    """
    try:
        readings = {
            name: read_score(name, how, left_by(ran) if how in COUNTED_BY_KERNEL else left)
            for name, how in task.objective.readers.items()
        }
        observed = behaviour() if behaviour is not None else None
    except Malformed as error:
        by = judge or ran
        cut = " (the output was cut in its middle)" if by.truncated else ""
        ended = "" if by.ok else f" ({by.detail})"
        output = "" if GIVES_NO in str(error) else printed_by(by)  # the error quotes it already
        message = f"{'the judge: ' if judge else ''}{error}{ended}{cut}\n{output}"
        return measured(ran, "malformed", message.rstrip(), notes=judge)
    beside = {MEMORY: ran.memory_bytes / (1 << 20)} if task.objective.is_timed else {}
    program_run = measured(ran, "ok", "", beside | {name: reading.value for name, reading in readings.items()}, judge)
    program_run = replace(program_run, behaviour=observed, readings=readings)
    if ran.ok:
        return program_run
    # The score covers the failure, but only the output tells which test failed.
    return replace(program_run, notes=(*program_run.notes, f"{ran.detail}: {printed_by(ran)}"))


def words_of(ran: Ran) -> str:
    """What a run printed, without notes: standard error, or both streams if standard error has little."""
    errors = "\n".join(line for line in ran.errors.splitlines() if not line.startswith(PREFIX)).strip()
    output = "\n".join(line for line in ran.output.splitlines() if not line.startswith(PREFIX)).strip()
    return errors if len(errors) >= _LITTLE else "\n".join(part for part in (output, errors) if part)


def printed_by(ran: Ran) -> str:
    """What a run printed, as `words_of` has it, shortened for a report."""
    return shortened(words_of(ran), REPORT_CHARACTERS - 300)


def _notes_of(ran: Ran) -> tuple[str, ...]:
    lines = [line for text in (ran.errors, ran.output) for line in text.splitlines() if line.startswith(PREFIX)]
    return tuple(line.removeprefix(PREFIX).replace("\\n", "\n") for line in lines[:MOST_NOTES])
