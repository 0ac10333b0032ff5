"""Where a run begins: with which improver I_0, on which task, from which seed; or where another run began."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from strop.base.errors import ConfigurationError
from strop.cli.commands.finding import any_improver_text, tasks_of
from strop.cli.commands.forking import fork_of
from strop.cli.commands.options import DEFAULTS, Whole
from strop.runs.run_directory import RunRecord


@dataclass(frozen=True)
class Beginning:
    """What a run begins with."""

    tasks: tuple[str, ...]
    seed: int | None
    """None: a random one."""
    improver: str
    """What I_0 was called."""
    text: str
    """I_0."""
    fork: RunRecord | None
    """The run that is begun again."""


@Parameter(name="*")
@dataclass(frozen=True)
class BeginOptions:
    """Where the run begins."""

    improver: str = DEFAULTS.improver
    """I_0: the name of an improver (see strop list improvers), a file, or RUN:t for what another run had after iteration t."""
    begin_from: Annotated[str | None, Parameter(name="--from")] = None
    """RUN:t: begin anew from I_t of another run, as when a later step of it was wrong. The same as --improver RUN:t, and the
    tasks are that run's when none is named."""
    seed: Whole | None = None
    """Seed of everything that is drawn, together with this machine's key; random when not given."""
    replay: Annotated[Path | None, Parameter(name="--replay")] = None
    """A run to begin again: its recipe where nothing else is asked for, and its answers as far as they reach; then the model."""
    trust_task: Annotated[bool, Parameter(negative="")] = False
    """With --replay: run the task file that the run's directory holds, although no such file is where it was begun."""

    def begun(self, tasks: tuple[str, ...]) -> Beginning:
        """Resolve these flags and the tasks on the command line.

        Raises:
            ConfigurationError: they contradict one another, or name what is not there.
        """
        if "" in tasks:
            raise ConfigurationError(
                "the task is an empty text; strop list tasks lists the tasks, and without one it is lpn"
            )
        if self.replay is not None:
            if tasks or self.seed is not None or self.begin_from or self.improver != DEFAULTS.improver:
                raise ConfigurationError("--replay takes task, seed and I_0 from the run; name none of them")
            fork = fork_of(self.replay)
            return Beginning(fork.spec.tasks, fork.spec.seed, fork.spec.improver, fork.improver, fork)
        improver = self.improver
        if self.begin_from is not None:
            if improver != DEFAULTS.improver:
                raise ConfigurationError("--from and --improver both name I_0; give one of them")
            improver = self.begin_from
            tasks = tasks or tasks_of(self.begin_from)
        return Beginning(tasks or (DEFAULTS.task,), self.seed, improver, any_improver_text(improver), None)
