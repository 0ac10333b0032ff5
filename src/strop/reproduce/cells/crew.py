"""The child processes that cells run in: begun, told to stop, cleared away."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from strop.base.errors import StoreError
from strop.runs.run_directory import RESUMABLE, load_run


@dataclass(eq=False)
class Child:
    """One cell that runs."""

    name: str
    process: subprocess.Popen[bytes]
    draft: Path
    """Its standard output."""
    log: Path
    """Its standard error."""
    begun: float
    told: bool = False
    """Whether it was signalled already; a second signal would end it at once."""

    def tell(self, number: int) -> None:
        """Send the signal, once."""
        if not self.told:
            self.told = True
            self.process.send_signal(number)

    def close(self) -> None:
        """Let go of the pipe by which it sees that this process lives."""
        if self.process.stdin is not None:
            self.process.stdin.close()


def begin(name: str, arguments: Sequence[str], home: Path, jobs: int, now: float) -> Child:
    """Start a cell, or go on with what an earlier attempt left of it: its answers may have cost money.

    What cannot be gone on with is set aside as `NAME.cut-1`, `NAME.cut-2`, …. The child is in a process group of its own: a
    Ctrl-C at the terminal comes to this process alone, which passes it on.
    """
    folder, draft, log = home / name, home / f"{name}.json.part", home / f"{name}.log"
    line = _goes_on(folder, arguments)
    if line is None:
        set_aside(folder)
        line = [*arguments, "--jobs", str(jobs), "--out", str(folder)]
    for path in (draft, log):
        path.unlink(missing_ok=True)  # a new file: an earlier child may still hold the old one
    with draft.open("wb") as output, log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "strop.reproduce.cells.child", *line, "--json"],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=errors,
            process_group=0,
        )
    return Child(name, process, draft, log, now)


def _goes_on(folder: Path, arguments: Sequence[str]) -> list[str] | None:
    """The command line that goes on with the record in `folder`; None where nothing can."""
    try:
        kind = load_run(folder).kind
    except StoreError:  # there is none, or it says too little
        return None
    if kind not in RESUMABLE or kind != arguments[0]:
        return None
    address = next((list(pair) for pair in pairwise(arguments) if pair[0] == "--base-url"), [])
    return ["resume", str(folder), *address]


def set_aside(folder: Path) -> None:
    """Rename a folder that a cut-short attempt left."""
    if not folder.exists():
        return
    number = 1
    while (aside := folder.with_name(f"{folder.name}.cut-{number}")).exists():
        number += 1
    folder.rename(aside)
