"""The contract of a workspace: a writable copy of a tree, in its own jail, in which commands run.

A command may start programs, build, and write files in the copy and in a temporary folder. It cannot reach the network, the home
folder, other processes, or anything outside its copy. What a command prints is not trusted: a program that runs beside its scorer
can print any score. Time, memory and exit status are measured by the kernel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from strop.base.closing import ClosesItself

Ending: TypeAlias = Literal["exited", "signal", "timeout", "out of memory", "disk full"]


@dataclass(frozen=True)
class CommandLimits:
    """Limits of one command, for all its processes together unless stated otherwise."""

    wall_seconds: float = 60.0
    """Wall time. Time that its process waits for a core on a busy machine does not count."""
    cpu_seconds: float = 60.0
    memory_bytes: int = 4 << 30
    """Address space of each process; also the resident memory of all together and what their sockets can hold, as far as the host
    sees it."""
    disk_bytes: int = 1 << 30
    """Bytes of the copy and the temporary folder together."""
    processes: int = 512
    output_bytes: int = 1 << 20
    """Bytes kept of standard output and of standard error each: the head and the tail if there is more."""
    outlive_seconds: float = 0.0
    """Seconds that processes may outlive the command; they count as a part of it, and then the processes are killed."""
    counts_memory: bool = False
    """Whether `Ran.memory_bytes` counts all its processes together with its files, in place of the largest process."""


@dataclass(frozen=True)
class Ran:
    """How a command ended, as the host saw it."""

    ending: Ending
    code: int | None
    """Exit status; None if it did not exit by itself."""
    detail: str
    """One line: `exit status 2`, `signal SIGSEGV`, `wall time limit of 60 s reached`."""
    output: str
    """Standard output, decoded as UTF-8 with replacement."""
    errors: str
    """Standard error."""
    truncated: bool
    """Whether the middle of one of the two is missing."""
    cpu_seconds: float
    """User and system time of every process that the command started, by the kernel's count."""
    wall_seconds: float
    memory_bytes: int
    """The largest resident set of any of its processes, by the kernel's count; see `CommandLimits.counts_memory`."""
    denied: Mapping[str, int]
    """System calls that the jail refused and the host counted, by name (`socket`: 3); empty if it cannot count."""
    digest: str = ""
    """Digest of all of standard output, of any length."""
    output_truncated: bool = False
    """Whether the middle of standard output is missing."""
    raw: bytes = b""
    """Standard output as it was written, without its middle if that is missing."""
    lived_on: bool = False
    """Whether a process was still there when the command and `outlive_seconds` were over."""

    @property
    def ok(self) -> bool:
        """Whether it exited with status 0."""
        return self.ending == "exited" and self.code == 0

    @property
    def limit(self) -> str:
        """The limit of time or memory that it reached, in words; empty if it reached none."""
        return self.detail if self.ending in ("timeout", "out of memory") else ""


@dataclass(frozen=True)
class Tree:
    """What a workspace is a copy of."""

    root: Path
    """A folder of the host that must not change meanwhile; links in it are copied as links."""
    files: Mapping[str, str]
    """The candidate: texts that replace files of `root`, path → text; a file that is absent is removed."""
    tools: Sequence[Path] = ()
    """Folders and files of the host that commands may read and run, in addition to the system's programs and libraries."""
    left_out: Sequence[str] = ()
    """Paths of files of `root` that the copy does not have."""
    only: Sequence[str] | None = None
    """Paths of the files of `root` that the copy has; None: all."""


class Workspace(ClosesItself, Protocol):
    """One copy. Use as a context manager; leaving it kills all processes and deletes the copy. For one thread at a time."""

    def run(self, command: str, limits: CommandLimits, *, environment: Mapping[str, str] | None = None) -> Ran:
        """Run `command` with `sh -c` in the root of the copy. None of its processes outlive the call; see `Ran.lived_on`.

        Files written by earlier commands stay until `clear`, so a build can precede the runs that need it.

        Raises:
            GuestLost: somebody, or the kernel for lack of memory, ended its processes.
            SandboxError: the host could not run it; never because of what the command did.
        """

    def read(self, path: str, most: int = 1 << 20) -> bytes | None:
        """The first `most` bytes of a regular file that a command wrote, by its path in the copy; None if there is none."""

    def put(self, path: str, content: bytes) -> bool:
        """Write a file into the copy, with the folders it needs. Returns whether that was possible: not if a part of its path is
        a link."""

    def clear(self) -> bool:
        """Restore all files, in the copy and outside it, to their state at the first call; return whether that was possible.

        With namespaces, the next command finds no traces of commands since then: neither files nor inode
        numbers and times.
        """
