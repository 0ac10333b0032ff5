"""Run a command of the user's, as the user would, with tools of strop's in each of its Python processes.

The command has the user's rights and environment. PYTHONPATH names a temporary folder whose `sitecustomize` begins the tools and
then runs the user's own. What they see they write into that folder.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from strop.base.errors import ConfigurationError
from strop.evaluation.outcomes import STAND_IN, pickler
from strop.sandbox import strop_plain_data as plain_data

_INSIDE = Path(__file__).parent / "inside"
_FOLDERS = (str(_INSIDE), str(STAND_IN), str(Path(plain_data.__file__).parent))


class Process(NamedTuple):
    """What a tool saw in one Python process."""

    argv: tuple[str, ...]
    """Its command line."""
    seconds: float
    """Its CPU time until it wrote, of all its threads."""
    seen: Any
    """The result of the tool, which is plain data. A process of the user's can write anything there."""


class Watched(NamedTuple):
    """What came of a command."""

    status: int
    """Its exit status, negative if a signal ended it."""
    by_tool: Mapping[str, tuple[Process, ...]]
    """By the name of a tool, in the order in which the processes began."""
    failed: tuple[str, ...]
    """Why a tool did not begin or end in a process, of each such one."""


def run_watched(
    command: str | Sequence[str], tools: Sequence[str], plan: Mapping[str, Any], stdout: int | None = None
) -> Watched:
    """Run a command to its end. `command`: a text for the shell, or words; `tools`: modules of `inside`, without `strop_`; `plan`:
    what they get; `stdout`: where the output goes, in place of the caller's.

    Raises:
        ConfigurationError: there is no such program.
        KeyboardInterrupt: the user stopped it. The command was stopped, too, and has ended.
    """
    folder = Path(tempfile.mkdtemp(prefix="strop-watch-"))
    try:
        shutil.copyfile(_INSIDE / "sitecustomize.py", folder / "sitecustomize.py")
        whole = {**plan, "tools": list(tools), "folders": list(_FOLDERS), "pickler": str(pickler())}
        (folder / "plan.json").write_text(json.dumps(whole), "utf-8")
        path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH", ""))))
        try:
            process = subprocess.Popen(
                command, shell=isinstance(command, str), env={**os.environ, "PYTHONPATH": path}, stdout=stdout
            )
        except OSError as error:
            raise ConfigurationError(f"{command[0]} cannot be run: {error.strerror}") from error
        with process:
            status = process.wait()
        seen = {tool: tuple(_read(folder, tool)) for tool in tools}
        failed = tuple(each.read_text("utf-8", "replace") for each in sorted(folder.glob("failed.*")))
        return Watched(status, seen, failed)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _read(folder: Path, tool: str) -> list[Process]:
    found = []
    for place in sorted(folder.glob(f"{tool}.*"), key=lambda each: each.suffix.zfill(24)):
        if place.suffix == ".part":
            continue
        try:
            written: Any = plain_data.decode(place.read_bytes())
            found.append(Process(tuple(map(str, written["argv"])), float(written["seconds"]), written["seen"]))
        except (plain_data.NotPlainData, TypeError, KeyError, ValueError):  # a process was killed as it wrote
            continue
    return found
