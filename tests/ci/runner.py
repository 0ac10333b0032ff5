"""A job of a runner, as far as action.yml needs one: it runs the steps of the file as they are written."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from support.command_line import environment

ROOT = Path(__file__).parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
INSTALL, COMPARE = ACTION["runs"]["steps"]


@dataclass(frozen=True)
class Ended:
    """What a job left."""

    code: int
    log: str
    outputs: dict[str, str]
    summary: str
    """The page of the job, in Markdown."""

    @property
    def commands(self) -> list[str]:
        """What the runner takes from the log as a command to itself."""
        taken, resume = list[str](), ""
        for line in self.log.splitlines():
            if resume:
                resume = "" if line == f"::{resume}::" else resume
            elif line.lstrip().startswith("::"):
                taken.append(line)
                resume = line.removeprefix("::stop-commands::") if line.startswith("::stop-commands::") else ""
        return taken


class Runner:
    """A workspace with the folders `base` and `head`, and strop installed as the first step would: this environment stands in
    for its download. (`make plain` installs strop for real.)"""

    def __init__(self, folder: Path) -> None:
        self.workspace, self.temp, self._home = folder / "work", folder / "temp", folder / "home"
        for each in (self.workspace, self.temp / "strop" / "bin", self._home):
            each.mkdir(parents=True)
        (self.temp / "strop/bin/strop").symlink_to(Path(sys.executable).with_name("strop"))

    def compare(self, **inputs: str) -> Ended:
        """Run the step that compares; `inputs` are those of the action, with `_` for `-`."""
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        assert given.keys() <= ACTION["inputs"].keys()
        values = {name: given.get(name, one["default"]) for name, one in ACTION["inputs"].items()}
        script, outputs, summary = (self.temp / name for name in ("step.sh", "outputs", "summary.md"))
        script.write_text(COMPARE["run"])
        env = {
            name: re.sub(r"\${{ inputs\.([\w-]+) }}", lambda found: values[found[1]], text)
            for name, text in COMPARE["env"].items()
        }
        env |= environment(self._home) | {
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(outputs),
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temp),
        }
        for file in (outputs, summary):
            file.write_text("")
        ended = bash(script, self.workspace, env)
        found = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
        return Ended(ended.returncode, ended.stdout, found, summary.read_text())


def bash(script: Path, folder: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a step in a folder, as a runner does where `shell` is bash; standard output has both streams."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", script], cwd=folder, env=env, text=True, check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
