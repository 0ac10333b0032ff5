"""A search by somebody else, such as a coding agent, beside improvers: what records of `strop measure` hold, as an improver.

It is a program like every improver: the candidates of the records, in the order in which they were measured, which it scores
within the budget that all have. It asks no language model, and what the search asked is in no record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from strop.base.errors import ConfigurationError
from strop.base.later import dataclass
from strop.base.pluralize import quantity
from strop.base.surface import option
from strop.core.utility import LONGEST
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
"""How a measurement ends that was made, or was one too many."""


@dataclass(frozen=True)
class MeasuredSearch:
    """The candidates of one record of `strop measure`."""

    run: Path
    task: str
    """Name of its task."""
    digest: str
    """Digest of its task."""
    programs: tuple[str, ...]
    """In the order in which they were measured, equal ones as often as that."""
    are_versions: bool
    """Whether its programs are texts of files, as versions of the tree have them."""


def read_search(run: Path) -> MeasuredSearch:
    """The search in a record of `strop measure`.

    Raises:
        ConfigurationError: it is of another command, has no measurement, or the last did not end; or it is unverified.
        StoreError: it cannot be read.
    """
    with Store.open(run) as store:
        found = read_run(store)
        programs = [store.text(event.solution) for event in found.candidates if event.solution is not None]
    if found.meta.kind != "measure":
        raise ConfigurationError(
            f"{run} is a record of strop {found.meta.kind}; {option('agent')} takes those of strop measure"
        )
    if found.unverified:
        raise ConfigurationError(f"{run} cannot stand for a search: {found.unverified}")
    if not programs:
        raise ConfigurationError(f"{run} has no measurement; strop measure TARGET {option('out')} {run} makes one")
    if found.status not in _ENDED and found.search_end is None:
        raise ConfigurationError(
            f"the last measurement of {run} has not ended ({found.status}); make it again: strop measure TARGET "
            f"{option('out')} {run}"
        )
    meta = found.meta
    are_versions = meta.original is not None and meta.original.is_version
    return MeasuredSearch(run, meta.task, meta.task_digests[0], tuple(programs), are_versions)


def agent_of(searches: Sequence[MeasuredSearch], tasks: Sequence[AnyTask], *, copies: int, budget: int) -> Named:
    """The improver that these searches are: each copy of a task is one of them, in the order in which they are named, and scores
    the initial solution and its first `budget` - 1 programs.

    Raises:
        ConfigurationError: one is named twice or measured no task of these, a task has not as many as copies, or their programs
            are too long for one improver.
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
    """The improver with its programs: task → search by search."""
    lines = []
    for name, own in programs.items():
        lines += [f"    {name!r}: [", *(f"        {[*search]!r}," for search in own), "    ],"]
    template = (files("strop.improvers") / "common" / "measured.py").read_text(encoding="utf-8")
    return template.replace(_PROGRAMS, "\n".join(["PROGRAMS = {", *lines, "}"]), 1)


def text_for(improver: Named, task: str, copy: int) -> str:
    """The text of an improver on a copy of a task: that of searches says which one it is."""
    return improver.text.replace(_COPY, f"TASK, COPY = {task!r}, {copy}", 1) if improver.runs else improver.text


def said_of(improvers: Sequence[Named], tasks: Sequence[AnyTask], budget: int) -> tuple[str, ...]:
    """What to know of an improver that is searches by somebody else, a line each; nothing of others."""
    runs = next((each.runs for each in improvers if each.runs), ())
    if not runs:
        return ()
    said = f"The agent: {', '.join(runs)}; of each the original and the first {quantity(budget - 1, 'measurement')}"
    listed = [task.name for task in tasks if task.input == "listed"]
    return (
        (said, f"The inputs of {', '.join(listed)} are listed, so that the agent can read them") if listed else (said,)
    )
