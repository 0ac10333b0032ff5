"""What a workspace costs: opening one, a command in it, and a program's own time, beside the same command by subprocess.

All in one run, interleaved: `python bench/workspace.py [ROUNDS]`. Figures depend on the machine; the ratios less so.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from strop.sandbox.workspace.base import CommandLimits, Tree
from strop.sandbox.workspace.jail import Workspaces

LIMITS = CommandLimits()
WORK = f"'{sys.executable}' -S -c 'sum(range(10_000_000))'"
FORKS = "i=0; while [ $i -lt 300 ]; do /bin/true; i=$((i+1)); done"


def timed(act: Callable[[], object]) -> float:
    """Seconds of one act."""
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def plain(command: str, folder: Path) -> None:
    """The command without us."""
    subprocess.run(["/bin/sh", "-c", command], cwd=folder, check=True, capture_output=True)


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    with tempfile.TemporaryDirectory() as name, Workspaces(slots=2, require=()) as workspaces:
        empty, large = Path(name, "empty"), Path(name, "large")
        empty.mkdir()
        for number in range(1000):
            path = large / f"folder{number % 50}" / f"file{number}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes(10_000))
        standing = workspaces.open(Tree(empty, {}))

        def opened(root: Path) -> None:
            with workspaces.open(Tree(root, {})):
                pass

        kinds: dict[str, Callable[[], object]] = {
            "plain: true": lambda: plain("true", empty),
            "workspace: true": lambda: standing.run("true", LIMITS),
            "plain: work": lambda: plain(WORK, empty),
            "workspace: work": lambda: standing.run(WORK, LIMITS),
            "plain: 300 programs": lambda: plain(FORKS, empty),
            "workspace: 300 programs": lambda: standing.run(FORKS, LIMITS),
            "open and close, empty tree": lambda: opened(empty),
            "open and close, 1000 files of 10 kB": lambda: opened(large),
        }
        seconds: dict[str, list[float]] = {kind: [] for kind in kinds}
        for _ in range(rounds):
            for kind, act in kinds.items():
                seconds[kind].append(timed(act))
        standing.close()
    medians = {kind: statistics.median(values) for kind, values in seconds.items()}
    for kind, median in medians.items():
        print(f"{kind:38} {median * 1e3:8.1f} ms   largest {max(seconds[kind]) * 1e3:8.1f} ms")
    for what in ("true", "work", "300 programs"):
        print(f"{what:38} {medians[f'workspace: {what}'] / medians[f'plain: {what}']:8.2f} times plain")


if __name__ == "__main__":
    main()
