"""Outcomes of guests as verdicts and words, and the limits of one instance."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from strop import tasks
from strop.base.environments import COPY
from strop.base.results import Verdict
from strop.base.scorer_notes import shortened
from strop.evaluation.laws import check_names
from strop.sandbox.base import (
    ANSWER_BYTES,
    AnswerTooLarge,
    Died,
    GuestModule,
    GuestProgram,
    Limits,
    Outcome,
    OutOfMemory,
    Raised,
    Returned,
    TimedOut,
    Violated,
    describe,
)
from strop.tasks.base import Task

STAND_IN = Path(tasks.__file__).parent / "function/guest"
"""The folder with what modules of functions import as `strop`."""


@cache
def pickler() -> Path:
    """The folder of the package that pickles arguments which are no plain data, in guests."""
    spec = find_spec("cloudpickle")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent


WALL_FACTOR = 5.0
"""The wall-clock limit as a multiple of the CPU limit. It is large, because a busy machine must not fail a solution."""
WALL_FLOOR = 2.0
"""The shortest wall-clock limit, in seconds."""
REPORT_CHARACTERS = 2000
"""Characters of an error that are kept."""
_VERDICTS: dict[type, Verdict] = {
    Returned: "ok", Raised: "raised", TimedOut: "timeout", OutOfMemory: "out of memory", Died: "died", Violated: "violated",
    AnswerTooLarge: "malformed",
}  # fmt: skip


def limits_of(task: Task) -> Limits:
    """Limits of one instance."""
    seconds = task.time_limit
    wall = max(WALL_FACTOR * seconds, WALL_FLOOR)
    return Limits(seconds, wall, task.memory_limit, ANSWER_BYTES)


def guest_program(task: Task, candidate: str) -> GuestProgram:
    """The program that a guest runs for a candidate. Raises Malformed if the candidate is no program of the task."""
    program = GuestProgram(task.program(candidate), task.entry, files=task.files_of(candidate))
    if candidate != task.seed:
        check_names(
            [program.text, *program.files.values()], [task.program(task.seed), *task.files_of(task.seed).values()]
        )
    mark = task.mark
    if mark is None:
        return program
    file = Path(mark.program_module.file).relative_to(mark.project)
    path = (str(STAND_IN), *(str(Path(COPY, root)) for root in mark.roots))
    innermost = () if mark.innermost is None else (mark.innermost[0], f"{COPY}/{mark.innermost[1]}", mark.innermost[2])
    module = GuestModule(mark.program_module.name, f"{COPY}/{file}", path, str(pickler()), innermost)
    return replace(program, module=module)


def verdict_of(outcome: Outcome) -> Verdict:
    """The verdict of an outcome."""
    return _VERDICTS[type(outcome)]


def explain(outcome: Outcome) -> str:
    """The outcome in words, with the end of the traceback if there is one."""
    traceback = outcome.traceback if isinstance(outcome, Raised) else ""
    return shortened(f"{describe(outcome)}\n{traceback}".rstrip(), REPORT_CHARACTERS)
