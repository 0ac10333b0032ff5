"""Runs that are paused, and whose programs are killed from outside: do they end as if they had been left alone?

    PYTHONPATH=tests python bench/disturbed.py                    every command, paused at ten moments, then killed ten times
    PYTHONPATH=tests python bench/disturbed.py --only command --moments 3 --how group

Each command runs undisturbed first. Then it is stopped and continued at moments spread over its time, for a little more than its
limits of wall time and once for 20 s: its process group (Ctrl-Z), the group and everything below it (a suspended job), or a
worker. `guests` kills one process that has no children ten times over the run, `servers` any but a worker. Compared are events
of the records, times aside, or what the command printed. Exit code 1 where they differ.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from strop.runs.resume import identities
from strop.store import Store
from support.processes import descendants, leaves

PAUSE, LONG_PAUSE = 4.0, 20.0
"""Seconds; every limit of wall time below is 2 or 3."""
KILLS = 10
PROGRAM = "import time\n\ndef solve(x):\n    time.sleep(0.3)\n    return x * 1\n"
TASK = """
import strop

def sample(rng):
    "One number."
    return {"x": int(rng.integers(1, 1000))}

def score(instance, answer):
    "How near the answer is to five times the number."
    return max(0.0, 1 - abs(answer - 5 * instance["x"]) / 5000)

task = strop.Task(name="times", sample=sample, score=score, seed="program.py", entry="solve", instances=3,
                  test_instances=6, time_limit=0.4)
"""
IMPROVER = """
import time

def improve_algorithm(initial_solution, utility, language_model):
    candidates = [initial_solution.replace("x * 1", f"x * {n}") for n in range(2, 6)]
    scores = utility.map(candidates)
    time.sleep(0.5)
    return candidates[scores.index(max(scores))]
"""
EVALUATOR = """
import importlib.util

def evaluate(program_path):
    spec = importlib.util.spec_from_file_location("program", program_path)
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    return {"combined_score": program.solve(7)}
"""
COMMAND = "sleep 0.3; python3 -c 'import program; print(\"score\", program.solve(7))'"
IMPROVE = "--improver improver.py --seed 5 --utility-budget 6"
SCORED = ["--score", "score ([0-9.]+)", "--metric", "score:max", "--files", "program.py", "--set", "time_limit=3"]
SMALL = ["--lm-budget", "1", "--max-responses", "2", "--utility-budget", "2", "--seed", "5"]
COMMANDS: dict[str, list[str]] = {
    "function": ["improve", "task.py", *IMPROVE.split()],
    "command": ["improve", ".", "--command", COMMAND, *SCORED, *IMPROVE.split()],
    "evaluator": ["improve", "program.py", "--evaluator", "evaluator.py", "--set", "time_limit=3", *IMPROVE.split()],
    "run": ["run", "task.py", "-T", "1", "--copies", "1", "--meta-budget", "2", "--selection", "paper", *SMALL],
    "eval": ["eval", "seed", "--task", "task.py", "--copies", "2", *SMALL],
    "score": ["score", "task.py", "--solution", "program.py"],
}


@dataclass
class Ended:
    """What is left of a command."""

    code: int
    events: Counter[str]
    seconds: float
    said: list[str]

    def same(self, other: Ended) -> bool:
        """Whether both ended alike, times aside."""
        return (self.code, self.events) == (other.code, other.events)


def folder(root: Path) -> Path:
    """A project in a folder that always has the same name, which becomes the task's."""
    root = root / "project"
    root.mkdir(parents=True)
    files = {"program.py": PROGRAM, "task.py": TASK, "improver.py": IMPROVER, "evaluator.py": EVALUATOR}
    for name, text in files.items():
        (root / name).write_text(text)
    return root


def start(words: Sequence[str], home: Path) -> subprocess.Popen[str]:
    recorded = words[0] in ("improve", "run", "eval")
    command = [
        sys.executable,
        "-m",
        "strop",
        *words,
        *(["--no-report", "--out", "out", "--display", "plain"] if recorded else []),
    ]
    environ = {**os.environ, "HOME": str(home.parent), "XDG_DATA_HOME": str(home.parents[1] / "data")}
    with (home / "log").open("w") as log:
        return subprocess.Popen(
            command, cwd=home, env=environ, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True
        )


def workers(below: Sequence[int]) -> list[int]:
    found = []
    for pid in below:
        with suppress(OSError):
            if b"strop.evaluation.worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return found


def send(pids: Sequence[int], number: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def pause(pid: int, how: str, seconds: float) -> None:
    """Stop and continue."""
    below = descendants(pid)
    victims = {"group": [pid], "all": [pid, *below], "worker": workers(below)[:1]}[how]
    send(victims, signal.SIGSTOP)
    time.sleep(seconds)
    send([*reversed(victims)], signal.SIGCONT)


def kill_one(pid: int, how: str, rng: random.Random) -> None:
    """Kill a process without children, or any but a worker."""
    below = descendants(pid)
    spared = {*workers(below)}
    victims = [each for each in (leaves(pid) if how == "guests" else below) if each not in spared]
    if victims:
        send([rng.choice(victims)], signal.SIGKILL)


def run(words: Sequence[str], home: Path, how: str = "", moment: float = 0.0, pause_seconds: float = 0.0) -> Ended:
    """One run; `moment`: seconds until it is paused, or that it takes undisturbed."""
    began = time.monotonic()
    process = start(words, home)
    if how in ("guests", "servers"):
        rng = random.Random(str(home))
        for _ in range(KILLS):
            time.sleep(moment / (KILLS + 1))
            if process.poll() is None:
                kill_one(process.pid, how, rng)
    elif how:
        time.sleep(moment)
        if process.poll() is None:
            pause(process.pid, how, pause_seconds)
    output, _ = process.communicate()
    seconds = time.monotonic() - began
    log = (home / "log").read_text().splitlines()
    said = [line for line in log if re.search("paused|killed|To continue|Traceback|error", line)]
    if (home / "out").is_dir():
        with Store.open(home / "out") as store:
            names = [
                name for name in identities(store).elements() if not name.startswith(('["LmFault"', '["AuditNoted"'))
            ]
    else:
        names = [line for line in output.splitlines() if " s " not in line]
    return Ended(process.returncode, Counter(names), seconds, said)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=[*COMMANDS])
    parser.add_argument("--how", nargs="*", default=["group", "all", "worker", "guests", "servers"])
    parser.add_argument("--moments", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=3)
    given = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(given.jobs) as pool:
        for name in given.only:
            alone = run(COMMANDS[name], folder(Path(scratch) / name / "alone"))
            print(
                f"{name}: alone {alone.seconds:.1f} s, exit code {alone.code}, {alone.events.total()} events",
                flush=True,
            )
            if alone.code:
                sys.exit("\n".join(alone.said) or f"{name} fails when it is left alone")
            for how in given.how:
                pauses = how not in ("guests", "servers")
                times = given.moments if pauses else max(1, given.moments // 5)
                futures = []
                for number in range(times):
                    home = folder(Path(scratch) / name / f"{how}{number}")
                    moment = alone.seconds * ((number + 0.5) / times if pauses else 1)
                    seconds = LONG_PAUSE if number == times // 2 else PAUSE
                    futures.append(pool.submit(run, COMMANDS[name], home, how, moment, seconds))
                ended = [future.result() for future in futures]
                good = sum(each.same(alone) for each in ended)
                told = sum(any("was made again" in line or "paused" in line for line in each.said) for each in ended)
                print(f"  {how:<8} {good} of {times} as if left alone; {told} said so", flush=True)
                wrong += times - good
                for each in ended:
                    if not each.same(alone):
                        print("   ", each.code, *each.said[-3:], sep="\n      ")
                        for line in [*(each.events - alone.events)][:2]:
                            print("      has", line[:300])
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
