"""A run that is killed at moments spread over its whole length and resumed each time, beside one that was left alone.

    PYTHONPATH=tests python bench/kills.py [MOMENTS] [FOLDER]

Both ask the same server on loopback, whose answer to a seed is always the same. Printed: whether the two records hold the same
events (times aside), how many HTTP requests each took, how many were in flight at a kill and had to be asked for again, and what
strop replay of the killed run, from a copy elsewhere and with the server stopped, says. Exit code 1 where a promise is broken.

    PYTHONPATH=tests python bench/kills.py threads [KILLS] [REPLAYS] [FOLDER]

The same for improvers whose threads race (bench/kills_programs.py), with 1, 2 and 4 workers, each stopped at random moments by
kill -9 or Ctrl-C: those that stay within their budgets, or ask for equal things beyond them, whose events must equal those of the
run left alone, and others, whose calls and evaluations must. Nothing is paid twice, and replays of what was stopped must agree.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from kills_programs import IMPROVERS

from strop.lm.offline import Offline
from strop.runs.resume import identities
from strop.store import Store
from support.openai_server import OpenAIServer

RECIPE = [
    "-T",
    "3",
    "--copies",
    "3",
    "--meta-budget",
    "6",
    "--utility-budget",
    "8",
    "--gate-pairs",
    "15",
    "--seed",
    "11",
]
TINY = """
from strop import Task

def sample(rng):
    return {"x": int(rng.integers(1000))}

def score(instance, answer):
    return min(1.0, max(0.0, float(answer)))

task = Task(name="tiny", sample=sample, score=score, seed="def algorithm(x):\\n    return 0.1 + x * 0\\n", instances=1,
            test_instances=2, failure="instance")
"""
KILLS_A_RUN = 6
AT_ONCE = 3
"""Improvers that race at the same time."""
LONGEST = 900
"""Seconds that one stretch may take."""


def strop(home: Path, *arguments: str) -> subprocess.Popen[bytes]:
    environ = {**os.environ, "HOME": str(home), "XDG_DATA_HOME": str(home / "data"), "OPENAI_API_KEY": "none"}
    log = (home / "log.txt").open("ab")
    return subprocess.Popen([sys.executable, "-m", "strop", *arguments], cwd=home, env=environ, stdout=log, stderr=log)


def events(directory: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{directory / 'run.sqlite'}?mode=ro", uri=True)) as connection, connection:
            return int(connection.execute("SELECT max(seq) FROM event").fetchone()[0] or 0)
    except sqlite3.Error:
        return 0


def asked(server: OpenAIServer) -> Counter[str]:
    return Counter(json.dumps(each.body, sort_keys=True) for each in server.seen)


def recorded(directory: Path) -> int:
    """Answers in the record, those that were given twice counted once."""
    try:
        with closing(sqlite3.connect(f"file:{directory / 'run.sqlite'}?mode=ro", uri=True)) as connection, connection:
            return int(connection.execute("SELECT count(*) FROM lm_response WHERE NOT again").fetchone()[0])
    except sqlite3.Error:
        return 0


def killed(home: Path, moments: list[int], model: list[str], server: OpenAIServer) -> list[int]:
    """For each kill on the way through the run in `parts`: requests that had been sent and whose answer was not recorded."""
    before = len(server.seen)
    lost: list[int] = []
    process = strop(home, "run", "lpn", *RECIPE, *model, "--out", "parts")
    for moment in moments:
        end = time.monotonic() + LONGEST
        while process.poll() is None and events(home / "parts") < moment and time.monotonic() < end:
            time.sleep(0.002)
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGKILL)
        process.wait()
        while server.in_flight[-1][1]:
            time.sleep(0.01)
        lost.append(len(server.seen) - before - recorded(home / "parts") - sum(lost))
        process = strop(home, "resume", "parts", *model[2:])
    process.wait()
    return lost


def happened(directory: Path) -> Counter[str]:
    with Store.open(directory) as store:
        return identities(store)


def main(moments: int, home: Path) -> int:
    with OpenAIServer(Offline(1)) as server:
        model = ["--model", "openai/any?seed=7", "--base-url", server.url]
        begun = time.monotonic()
        strop(home, "run", "lpn", *RECIPE, *model, "--out", "whole").wait()
        seconds = time.monotonic() - begun
        once = asked(server)
        total = events(home / "whole")
        begun = time.monotonic()
        spread = [max(1, round(total * (n + 0.5) / moments)) for n in range(moments)]
        lost = killed(home, spread, model, server)
        resumed_seconds = time.monotonic() - begun
        both = asked(server)
    again = both - once
    a, b = happened(home / "whole"), happened(home / "parts")
    elsewhere = Path(tempfile.mkdtemp(dir=home)) / "copy"
    shutil.copytree(home / "parts", elsewhere)
    replay = strop(home, "replay", str(elsewhere)).wait()
    repeated = again.total() - once.total()
    print(f"whole run: {total} events in {seconds:.0f} s, {once.total()} HTTP requests, {len(once)} of them different")
    print(
        f"killed {len(lost)} times and resumed: {resumed_seconds:.0f} s, {again.total()} HTTP requests, {repeated} asked again"
    )
    print(
        f"sent, and their answers not recorded, at the kills: {sum(lost)}; at one kill at most {max(lost, default=0)}"
    )
    print(f"events: {a.total()} and {b.total()}, missing {(a - b).total()}, extra {(b - a).total()}")
    print(f"strop replay of a copy, server stopped: exit code {replay}")
    kept = a == b and set(again) == set(once) and repeated <= sum(lost) and replay == 0
    print("every promise kept" if kept else "A PROMISE IS BROKEN")
    return 0 if kept else 1


def counted(directory: Path) -> dict[str, int]:
    """What views and budgets count."""
    asks = {
        "calls": "SELECT sum(cost) FROM lm_call",
        "responses": "SELECT count(*) FROM lm_response",
        "requests": "SELECT count(DISTINCT request) FROM lm_response",
        "tokens": "SELECT sum(input_tokens + output_tokens) FROM lm_response",
        "money": "SELECT sum(cost) FROM lm_response",
        "evaluations": "SELECT count(*) FROM evaluation WHERE scope LIKE 'improve/u-%'",
        **{
            f"reserved {counter}": f"SELECT sum(amount) FROM budget_movement WHERE granted AND counter = '{counter}'"
            for counter in ("lm_calls", "responses", "utility_calls")
        },
    }
    with closing(sqlite3.connect(f"file:{directory / 'run.sqlite'}?mode=ro", uri=True)) as connection:
        return {name: connection.execute(sql).fetchone()[0] or 0 for name, sql in asks.items()}


class Racing:
    """Runs of one improver with so many workers, one left alone and others killed."""

    def __init__(self, home: Path, name: str, workers: int, model: list[str], draw: random.Random) -> None:
        self.home, self.name, self.model, self.draw = home, name, model, draw
        self.improver = IMPROVERS[name]
        (home / f"{name}.py").write_text(self.improver.text)
        self.asked = ["improve", "tiny.py", "--improver", f"{name}.py", *self.improver.flags, "--seed", "5", *model]
        self.asked += ["--workers", str(workers), "--max-responses", "6"]
        self.kills = self.runs = self.replays = 0
        self.broken: list[str] = []
        self.prefix = f"{name}-{workers}"
        self.whole = self._run(f"{self.prefix}-whole", 0)

    def work(self, kills: int, replays: int) -> None:
        """Kill so many times, and replay what was killed so many times."""
        while self.kills < kills:
            self.killed()
        for number in range(replays if self.improver.replays else 0):
            directory = self.home / f"{self.prefix}-{1 + number % self.runs}"
            if strop(self.home, "replay", directory.name).wait(LONGEST) != 0:
                self.broken.append(f"{directory.name}: its replay differs")
            self.replays += 1
        print(f"{self.prefix}: {self.kills} kills of {self.runs} runs, {self.replays} replays; {counted(self.whole)}")
        for line in self.broken:
            print(f"  BROKEN {line}")

    def killed(self) -> None:
        """Kill one run several times, resume it, and compare it with the one that was left alone."""
        self.runs += 1
        directory = self._run(f"{self.prefix}-{self.runs}", KILLS_A_RUN)
        found, expected = counted(directory), counted(self.whole)
        same = found if self.improver.same is None else self.improver.same  # else threads decide what is granted
        found, expected = ({name: each[name] for name in same} for each in (found, expected))
        if "--max-calls" in self.improver.flags:
            expected = dict.fromkeys(expected, 10)
        if found != expected or counted(directory)["responses"] != counted(directory)["requests"]:
            self.broken.append(f"{directory.name}: {counted(directory)}, left alone: {counted(self.whole)}")
        one, other = happened(directory), happened(self.whole)
        if self.improver.same is None and one != other:
            self.broken.append(
                f"{directory.name}: events missing {(other - one).total()}, extra {(one - other).total()}"
            )

    def _run(self, name: str, kills: int) -> Path:
        directory = self.home / name
        total = events(self.whole) if kills else 0
        process = strop(self.home, *self.asked, "--out", name)
        for moment in sorted(self.draw.randrange(2, total) for _ in range(kills)):
            while process.poll() is None and events(directory) < moment:
                time.sleep(0.01)
            time.sleep(self.draw.random() * 0.02)
            if process.poll() is not None:
                break
            process.send_signal(self.draw.choice([signal.SIGKILL, signal.SIGINT]))
            process.wait()
            self.kills += 1
            process = strop(self.home, "resume", name, *self.model[2:])
        code = process.wait(LONGEST)
        if code != self.improver.ends:
            self.broken.append(f"{name}: exit code {code}: {(self.home / 'log.txt').read_text()[-600:]}")
        return directory


def threads(kills: int, replays: int, home: Path) -> int:
    (home / "tiny.py").write_text(TINY)
    begun = time.monotonic()
    with OpenAIServer(Offline(1)) as server, ThreadPoolExecutor(AT_ONCE) as pool:
        model = ["--model", "openai/any?seed=7&price=1,2", "--base-url", server.url]

        def raced(name: str, workers: int) -> Racing:
            race = Racing(home, name, workers, model, random.Random(f"{name} {workers}"))
            race.work(-(-kills // (3 * len(IMPROVERS))), -(-replays // (3 * len(IMPROVERS))))
            return race

        asked = [pool.submit(raced, name, workers) for workers in (1, 2, 4) for name in IMPROVERS]
        races = [each.result() for each in asked]
    done = {word: sum(getattr(race, word) for race in races) for word in ("kills", "runs", "replays")}
    broken = sum(len(race.broken) for race in races)
    print(f"{done} in {time.monotonic() - begun:.0f} s")
    print("every promise kept" if not broken else "A PROMISE IS BROKEN")
    return 1 if broken else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["threads"]:
        asked_for = dict(enumerate(sys.argv[2:]))
        folder = Path(asked_for.get(2) or tempfile.mkdtemp()).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        sys.exit(threads(int(asked_for.get(0, 200)), int(asked_for.get(1, 100)), folder))
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    if len(sys.argv) > 2:
        Path(sys.argv[2]).mkdir(parents=True, exist_ok=True)
        sys.exit(main(count, Path(sys.argv[2]).resolve()))
    with tempfile.TemporaryDirectory() as made:
        sys.exit(main(count, Path(made)))
