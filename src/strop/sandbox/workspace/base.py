"""The contract of a workspace: a writable copy of a tree, in a jail of its own, in which commands run.

A command may start programs, build, write files in the copy and in a temporary folder. It reaches no network, no home, no other
process, and nothing outside of its copy. What a command prints is not trusted: a program that runs beside its scorer can print
any score. What is measured here, the time, the memory and the exit status, is the kernel's word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

Ending: TypeAlias = Literal["exited", "signal", "timeout", "out of memory", "disk full"]


@dataclass(frozen=True)
class CommandLimits:
    """What one command may use, all its processes together unless said otherwise."""

    wall_seconds: float = 60.0
    cpu_seconds: float = 60.0
    memory_bytes: int = 4 << 30
    """Address space of each process; of all together, as far as the host sees it, resident memory and what sockets can hold."""
    disk_bytes: int = 1 << 30
    """Of the copy and the temporary folder together."""
    processes: int = 512
    output_bytes: int = 1 << 20
    """Kept of standard output and of standard error, each: the head and the tail, where there was more."""


@dataclass(frozen=True)
class Ran:
    """How a command ended, as the host saw it."""

    ending: Ending
    code: int | None
    """Exit status; None where it did not exit by itself."""
    detail: str
    """One line: `exit status 2`, `signal SIGSEGV`, `wall time limit of 60 s reached`."""
    output: str
    """Standard output, UTF-8 with replacement."""
    errors: str
    """Standard error."""
    truncated: bool
    cpu_seconds: float
    """User and system time of every process that the command started, by the kernel's count."""
    wall_seconds: float
    memory_bytes: int
    """The largest resident set of any of its processes, by the kernel's count."""
    denied: Mapping[str, int]
    """What the jail refused and the host heard of, by name (`socket`: 3); empty where it cannot tell."""
    digest: str = ""
    """Of the whole of standard output, however long it was."""

    @property
    def ok(self) -> bool:
        """Whether it exited with status 0."""
        return self.ending == "exited" and self.code == 0


@dataclass(frozen=True)
class Tree:
    """What a workspace is a copy of."""

    root: Path
    """A folder of the host that nobody changes meanwhile; links inside of it are copied as links."""
    files: Mapping[str, str]
    """Texts that stand in place of those in `root`, path → text: the candidate."""
    writable: Sequence[str] = ()
    """Globs of files that commands may rewrite. All others may be read and run; beside them new files may be made."""
    tools: Sequence[Path] = ()
    """Folders and files of the host that commands may read and run, besides the system's own programs and libraries."""


class Workspace(Protocol):
    """One copy. Use as a context manager; leaving it kills whatever runs and forgets the copy. For one thread at a time."""

    def run(self, command: str, limits: CommandLimits, *, environment: Mapping[str, str] | None = None) -> Ran:
        """Run `command` with `sh -c` in the root of the copy; when it has ended, nothing of it runs any more.

        Files that earlier commands wrote are still there, until `clear`: a build comes before the runs that need it.

        Raises:
            SandboxError: the host could not run it, never because of what the command did.
        """
        ...

    def read(self, path: str, most: int = 1 << 20) -> bytes | None:
        """The first `most` bytes of a regular file that a command wrote, by its path in the copy; None where there is none."""
        ...

    def tampered(self) -> tuple[str, ...]:
        """Protected files (those of the tree that are not `writable`) that are no longer as they were, by path."""
        ...

    def written(self) -> Mapping[str, str]:
        """The files of the copy that are not as they were at the first `clear`, by path: a digest of each.

        Compiled programs and folders that are marked as caches (CACHEDIR.TAG) are left out.
        """
        ...

    def clear(self) -> bool:
        """Make all files what they were at the first call, in the copy and outside of it; whether that was possible.

        With namespaces and a private root, the next command finds nothing of the commands since then: neither files nor their
        numbers and times. Protected files that had been changed by the first call stay told by `tampered`.
        """
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Workspace: ...

    def __exit__(self, *exc: object) -> None: ...


class Workspaces(Protocol):
    """Something that makes workspaces. Safe to use from many threads."""

    def open(self, tree: Tree) -> Workspace:
        """A fresh copy; blocks while no place is free.

        Raises:
            SandboxError: the host could not make it.
        """
        ...

    def close(self) -> None:
        """Kill everything. Idempotent."""
        ...
