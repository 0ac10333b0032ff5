"""The ten-minute path of docs/quickstart.md, timed as a new user would walk it: from an empty folder, with the offline proposer.

    python bench/ten_minutes.py

Carries out every command of the document's console blocks as it is printed, up to `What next`, and stops with exit code 1 at the
first that fails. Times depend on the machine; reading and thinking are not in them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

DOCUMENT = Path(__file__).parents[1] / "docs" / "quickstart.md"


@dataclass(frozen=True)
class Step:
    """One command, carried out."""

    command: str
    seconds: float
    code: int
    output: str


def commands() -> list[str]:
    """What the document tells people to type, in order."""
    path = DOCUMENT.read_text(encoding="utf-8").partition("\n## ")[0]
    blocks = re.findall(r"```console\n(.*?)```", path, re.S)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def environment(home: Path) -> dict[str, str]:
    """Of a user who has installed strop and git, and nothing else of ours."""
    programs = Path(sys.executable).parent
    known = {"NAME": "You", "EMAIL": "you@example.org"}
    author = {f"GIT_{role}_{what}": text for role in ("AUTHOR", "COMMITTER") for what, text in known.items()}
    return {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "HOME": str(home), "COLUMNS": "120"} | author


def walked(folder: Path, env: Mapping[str, str]) -> Iterator[Step]:
    """Each command of the path in turn, the last one being the first that fails."""
    where = folder
    for command in commands():
        if command.startswith("cd "):
            where = where / command.removeprefix("cd ")
            continue
        begun = time.perf_counter()
        ended = subprocess.run(
            command, shell=True, cwd=where, env=dict(env), capture_output=True, text=True, check=False
        )
        yield Step(command, time.perf_counter() - begun, ended.returncode, ended.stdout + ended.stderr)
        if ended.returncode:
            return


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        steps = []
        for step in walked(Path(folder), environment(Path(folder))):
            steps.append(step)
            print(f"{step.seconds:8.1f} s  {step.command}", flush=True)
    print(f"{sum(step.seconds for step in steps):8.1f} s  in all")
    for line in (line for step in steps for line in step.output.splitlines() if "held-out instances" in line):
        print(line)
    if steps[-1].code:
        print(steps[-1].output)
    return 1 if steps[-1].code else 0


if __name__ == "__main__":
    sys.exit(main())
