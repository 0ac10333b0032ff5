"""A run that is killed at moments spread over its whole length and resumed each time, beside one that was left alone.

    PYTHONPATH=tests python bench/kills.py [MOMENTS] [FOLDER]

Both ask the same server on loopback, whose answer to a seed is always the same. Printed: whether the two records hold the same
events (times aside), how many HTTP requests each took, how many were in flight at a kill and had to be asked for again, and what
strop replay of the killed run, from a copy elsewhere and with the server stopped, says. Exit code 1 where a promise is broken.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

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
    before, lost = len(server.seen), []
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


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    if len(sys.argv) > 2:
        Path(sys.argv[2]).mkdir(parents=True, exist_ok=True)
        sys.exit(main(count, Path(sys.argv[2]).resolve()))
    with tempfile.TemporaryDirectory() as made:
        sys.exit(main(count, Path(made)))
