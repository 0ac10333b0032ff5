"""A task that a command scores: any language, several files, builds and test suites; and evaluator files.

The program and what scores it share a jail, with a copy of the tree. That is weaker than `strop.Task`, whose scores the host
computes: a program can print a score that it has not earned. Time, memory and exit
status are the kernel's word, which it cannot forge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from strop.tasks.base import Split, Task
from strop.tasks.bundle import bundled
from strop.tasks.objective import Objective

SHARED_JAIL = (
    "the scorer shares a jail with the program: a program can print a score that it has not earned; "
    "time, memory and exit status are the kernel's and cannot be forged"
)
"""Said wherever such a task is used."""


@dataclass(frozen=True)
class CommandTask:
    """A downstream task (u, s) (§3) whose utility is read from what a command prints, or measured while it runs."""

    name: str
    root: Path
    """The tree that every evaluation gets a copy of."""
    files: Mapping[str, str]
    """The files that may be changed, path from `root` → text, line ends as newlines: *s* is `bundled(files)`."""
    command: str
    """For `sh -c`, in the root of the copy. `{seed}`, `{instance}` and, for a task of one file, `{program}` are filled in; the
    environment has STROP_SEED and STROP_INSTANCE too."""
    objective: Objective
    """What is read from it, and what of that counts."""
    build: str = ""
    """Run once for each candidate, before its instances."""
    instances: int = 1
    """Runs of the command on the training split, each with a seed of its own."""
    test_instances: int = 10
    """The same on the sealed test split."""
    seeded: bool = False
    """Whether the command draws its instance from the seed; otherwise instances are repeated measurements of the same thing."""
    interleaved: bool = False
    """Whether the original is measured again beside every candidate, run by run in turns: for times and other noisy measures."""
    time_limit: float = 60.0
    """Wall seconds of one run of the command, and of the build."""
    memory_limit: int = 4 << 30
    """Bytes."""
    writable: tuple[str, ...] = ()
    tools: tuple[Path, ...] = ()
    only: tuple[str, ...] = ()
    """Names of the functions or marked regions that alone may change; empty: anything in `files`, or the regions between
    EVOLVE-BLOCK markers where there are any."""
    new_files: tuple[str, ...] = ()
    """Globs of files that a candidate may add."""
    description: str = ""
    """u_str; made of the fields when empty."""
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def seed(self) -> str:
        """Text of the initial solution *s*."""
        return bundled(self.files)

    def count(self, split: Split) -> int:
        """Number of instances of a split."""
        return self.test_instances if split == "test" else self.instances

    @property
    def told(self) -> str:
        """u_str."""
        return self.description or self.objective.told


AnyTask = Task | CommandTask
