"""The improver `agent`: searches by somebody else, such as a coding agent, which records of `strop measure` hold.

It is a program like every improver. It scores the candidates of the records in the order in which they were measured, within the
budget that all improvers have. It asks no language model, and no record has what the search asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from strop.base.errors import ConfigurationError
from strop.base.later import dataclass
from strop.base.pluralize import quantity
from strop.base.solution import LONGEST
from strop.base.surface import option
from strop.runs.meta import Named
from strop.runs.run_data import read_run
from strop.store import Store
from strop.tasks.command.task import AnyTask
from strop.tasks.identity import task_digest

AGENT = "agent"
"""The name of this improver."""
_COPY = 'TASK, COPY = "", 0'
_PROGRAMS = "PROGRAMS = {}"
_ENDED = ("finished", "budget")
"""Statuses of a record whose last measurement was made, or was one too many."""


@dataclass(frozen=True)
class MeasuredSearch:
    """The candidates of one record of `strop measure`."""

    run: Path
    task: str
    """Name of its task."""
    digest: str
    """Digest of its task."""
    programs: tuple[str, ...]
    """Texts of its programs in the order in which they were measured. A program that was measured again is there again."""
    are_versions: bool
    """Whether its programs are the texts of files, not of a function alone."""


def read_search(run: Path) -> MeasuredSearch:
    """The search in a record of `strop measure`.

    Raises:
        ConfigurationError: the record is of another command, is unverified, or has no measurement, or its last one did not end.
        StoreError: the record cannot be read.
    """
    with Store.open(run) as store:
        data = read_run(store)
        programs = [store.text(event.solution) for event in data.candidates if event.solution is not None]
    if data.meta.kind != "measure":
        raise ConfigurationError(
            f"{run} is a record of strop {data.meta.kind}; {option('agent')} takes those of strop measure"
        )
    if data.unverified:
        raise ConfigurationError(f"{run} cannot stand for a search: {data.unverified}")
    if not programs:
        raise ConfigurationError(f"{run} has no measurement; strop measure TARGET {option('out')} {run} makes one")
    if data.status not in _ENDED and data.search_end is None:
        raise ConfigurationError(
            f"the last measurement of {run} has not ended ({data.status}); make it again: strop measure TARGET "
            f"{option('out')} {run}"
        )
    meta = data.meta
    are_versions = meta.original is not None and meta.original.is_version
    return MeasuredSearch(run, meta.task, meta.task_digests[0], tuple(programs), are_versions)


def agent_of(searches: Sequence[MeasuredSearch], tasks: Sequence[AnyTask], *, copies: int, budget: int) -> Named:
    """The improver that makes these searches. On each copy of a task it makes another search, in the order of their names: it
    scores the initial solution and the first `budget` - 1 programs of the search.

    Raises:
        ConfigurationError: a search is named twice or measured another task, a task has more or fewer searches than copies, or
            the programs are too long for one improver.
    """
    by_task: dict[str, list[MeasuredSearch]] = {task.name: [] for task in tasks}
    named = {task.name: task for task in tasks}
    for search in searches:
        if search.task not in by_task:
            raise ConfigurationError(
                f"{search.run} measured {search.task}; name that as a {option('task')}, or leave it out"
            )
        if search.are_versions and named[search.task].mark is not None:
            raise ConfigurationError(
                f"{search.run} measured whole files of {search.task}, as commits have them, and an improver writes the function "
                "alone: such a search cannot stand beside improvers"
            )
        if search.digest != task_digest(named[search.task]):
            raise ConfigurationError(
                f"{search.run} measured another {search.task}: its original, or what scores it, was not as it is now; undo "
                "the change"
            )
        if search.run.resolve() in [other.run.resolve() for other in by_task[search.task]]:
            raise ConfigurationError(f"{option('agent')} {search.run} is given twice: one search is one copy")
        by_task[search.task].append(search)
    for name, own in by_task.items():
        if len(own) != copies:
            raise ConfigurationError(
                f"{option('agent')} names {quantity(len(own), 'search')} of {name} for {quantity(copies, 'copy')}: each copy is "
                f"one search; give as many, or another {option('copies')}"
            )
    text = _program({name: [search.programs[: budget - 1] for search in own] for name, own in by_task.items()})
    if len(text) > LONGEST:
        raise ConfigurationError(
            f"the programs of {option('agent')} have {len(text):,} characters together, and an improver at most {LONGEST:,}; "
            "name fewer tasks"
        )
    return Named(AGENT, text, runs=tuple(str(search.run) for search in searches))


def _program(programs: Mapping[str, Sequence[Sequence[str]]]) -> str:
    """The text of the improver with these programs: task → the programs of each search."""
    lines = []
    for name, own in programs.items():
        lines += [f"    {name!r}: [", *(f"        {[*search]!r}," for search in own), "    ],"]
    template = (files("strop.improvers") / "common" / "measured.py").read_text(encoding="utf-8")
    return template.replace(_PROGRAMS, "\n".join(["PROGRAMS = {", *lines, "}"]), 1)


def text_for(improver: Named, task: str, copy: int) -> str:
    """The text of an improver for one copy of a task. The improver `agent` has the task and the number of the copy in its
    text."""
    return improver.text.replace(_COPY, f"TASK, COPY = {task!r}, {copy}", 1) if improver.runs else improver.text


def said_of(improvers: Sequence[Named], tasks: Sequence[AnyTask], budget: int) -> tuple[str, ...]:
    """Lines about the improver `agent`; empty if it is not among the improvers."""
    runs = next((improver.runs for improver in improvers if improver.runs), ())
    if not runs:
        return ()
    sentence = f"The agent: {', '.join(runs)}; of each the original and the first {quantity(budget - 1, 'measurement')}"
    listed = [task.name for task in tasks if task.input == "listed"]
    return (
        (sentence, f"The inputs of {', '.join(listed)} are listed, so that the agent can read them")
        if listed
        else (sentence,)
    )
