"""Makes the 24 searches of the second experiment, a few at a time; run it again after a stop, and it goes on.

    python bench/second_experiment/run.py PACKAGES STROP OUT [--functions FILE] [--at-once 3] [--model 'inbox:{inbox}']

PACKAGES has a folder a package, with `.venv` and `driver.py`; STROP is the program. Below OUT each search has a folder:
`inbox`, where requests wait for answers, `run`, the record, and at the end `result.json`. Both arms of a function have the
same recorded calls, in OUT/calls. OUT/FINISHED says that all searches have their result. The model may name {inbox}, which
is another folder for each search.
"""

from __future__ import annotations

import argparse
import fcntl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

COMMAND = ".venv/bin/python driver.py"
HERE = Path(__file__).resolve().parent
ARMS = {"refine": "refine", "I_1": str(HERE.parent / "experiment" / "improver.py")}
BUDGETS = ["--lm-budget", "3", "--max-responses", "2", "--utility-budget", "8", "--seed", "0"]
RECORDING = threading.Lock()
ATTEMPTS, PAUSE = 100, 15.0
"""How often a search is started or resumed before it counts as failed, and seconds between two attempts."""


def searches(listed: str) -> list[tuple[str, str, str]]:
    """Package, function and arm of each search: function by function, and in turns another arm first."""
    found = list[tuple[str, str, str]]()
    for number, line in enumerate(listed.splitlines()):
        package, function = line.split()
        found += [(package, function, arm) for arm in (list(ARMS) if number % 2 else reversed(ARMS))]
    return found


def recorded(options: argparse.Namespace, package: str, function: str) -> Path:
    """The calls of a function, recorded the first time. Raises CalledProcessError."""
    calls: Path = options.out / "calls" / f"{package}.{function.replace(':', '.')}.calls"
    with RECORDING:
        if not calls.exists():
            calls.parent.mkdir(parents=True, exist_ok=True)
            draft = calls.with_suffix(".draft")
            draft.unlink(missing_ok=True)
            command = [options.strop, "check", function, "--record", COMMAND, "--keep", str(draft)]
            subprocess.run(command, cwd=options.packages / package, check=True, stdout=subprocess.DEVNULL)
            draft.replace(calls)
    return calls


def search(options: argparse.Namespace, package: str, function: str, arm: str) -> bool:
    """Starts a search, or resumes it; whether it has its result."""
    folder: Path = options.out / f"{package}.{function.replace(':', '.')}.{arm}"
    result, run, calls = folder / "result.json", folder / "run", recorded(options, package, function)
    folder.mkdir(parents=True, exist_ok=True)
    start = ["improve", f"{function}@{calls}", "--improver", ARMS[arm], *BUDGETS, "--out", str(run), "--no-report"]
    start += ["--model", options.model.format(inbox=folder / "inbox")]
    for attempt in range(ATTEMPTS):
        if result.exists():
            return True
        if attempt:
            time.sleep(PAUSE)
        began = (run / "run.sqlite").exists()
        command = [options.strop, *(["resume", str(run), "--no-report"] if began else start), "--json"]
        with (folder / "log").open("a") as log:
            done = subprocess.run(
                command, cwd=options.packages / package, stdout=subprocess.PIPE, stderr=log, check=False
            )
            print(f"exit status {done.returncode}", file=log)
        if done.returncode == 0 and done.stdout.strip():
            draft = folder / "result.draft"
            draft.write_bytes(done.stdout)
            draft.replace(result)
        print(f"{time.strftime('%H:%M:%S')} {folder.name}: exit status {done.returncode}", flush=True)
    return result.exists()


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keeps a second runner out of the folder. Raises SystemExit."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"another runner works in {folder}")
        yield


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", type=Path)
    parser.add_argument("strop")
    parser.add_argument("out", type=Path)
    parser.add_argument("--functions", type=Path, default=HERE / "functions.txt")
    parser.add_argument("--at-once", type=int, default=3)
    parser.add_argument("--model", default="inbox:{inbox}")
    options = parser.parse_args()
    options.packages, options.out = options.packages.resolve(), options.out.resolve()
    with alone(options.out), ThreadPoolExecutor(options.at_once) as pool:
        todo = searches(options.functions.read_text())
        finished = list(pool.map(lambda each: search(options, *each), todo))
        print(f"{sum(finished)} of {len(todo)} searches have their result")
        if all(finished):
            (options.out / "FINISHED").touch()


if __name__ == "__main__":
    main()
