"""The results of `strop list`: improvers, tasks and runs."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path

from strop.analysis.search import idea_of
from strop.base.as_document import HIDDEN
from strop.base.later import dataclass
from strop.base.plugins import IMPROVERS, Installed, installed
from strop.base.solution import digest_of
from strop.runs.listing import RunListing, list_runs
from strop.runs.spec import improver_text, shipped_improvers


@dataclass(frozen=True)
class ImproverListing:
    """An improver, and the idea that it states."""

    improver: str
    """Name of the improver, as it was named."""
    digest: str
    """SHA-256 of its text."""
    idea: str
    """The first line of its docstring. Empty if it has none."""


@dataclass(frozen=True)
class ImproverProgram(ImproverListing):
    """An improver with its whole program."""

    program: str
    """Text of the improver."""


@dataclass(frozen=True)
class Improvers:
    """The improvers that have a name."""

    improvers: tuple[ImproverListing, ...]
    """The improvers that are part of strop, by name."""
    installed: tuple[Installed, ...]
    """The improvers of other installed distributions."""


@dataclass(frozen=True)
class Runs:
    """The runs in a folder."""

    runs: tuple[RunListing, ...]
    """The runs, the oldest first."""
    folder: Path = field(metadata=HIDDEN)


def improver_program(name: str, text: str) -> ImproverProgram:
    """An improver, by its name and its text. Executes nothing."""
    return ImproverProgram(name, digest_of(text), idea_of(text), text)


def all_improvers() -> Improvers:
    """The improvers that have a name; those of other distributions are not read."""
    own = [(name, improver_text(name)) for name in shipped_improvers()]
    listed = tuple(ImproverListing(name, digest_of(text), idea_of(text)) for name, text in own)
    return Improvers(listed, tuple(installed(IMPROVERS, shipped_improvers())))


def runs_in(folder: Path) -> Runs:
    """The runs in a folder, with their scores and costs.

    Raises:
        StoreError: the folder cannot be read.
    """
    return Runs(tuple(list_runs(folder, results=True)), folder)
