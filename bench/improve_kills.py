"""strop improve on a user's own files, stopped at random moments by Ctrl-C and by kill -9, and gone on with each time.

    python bench/improve_kills.py [MOMENTS] [SEED]

The target is a folder of three files, two of which may change, scored by a command. After each stop: are the user's files bit for
bit as they were and is git's tree clean; is the best so far one whole candidate, never worse than before, and, where a
candidate had been told as the best, is it there. In the end: does the run that was resumed hold the same events (times aside) as
one that was left alone, and does its patch apply. Exit code 1 where a promise is broken.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from strop.runs.resume import identities
from strop.store import Store

FILES = {"app/size.txt": "size: 4\r\n", "app/speed.txt": "speed: 10", "score.sh": "cat app/*.txt\n"}
BOTH = "for n in range(1, 21):\n        text = text.replace(f'speed: {9 + n}', f'speed: {10 + n}')"
IMPROVER = f"""
import time

def improve_algorithm(initial_solution, utility, language_model):
    text = initial_solution
    {BOTH}
        text = text.replace(f'size: {{3 + n}}', f'size: {{4 + n}}')
        utility(text)
        time.sleep(0.1)
    return text
"""
SCORE = ["--command", "sh score.sh", "--score", "speed=speed: ([0-9.]+)", "--metric", "speed:max", "--files", "app/*"]
ASKED = ["improve", "mine", *SCORE, "--model", "offline", "--improver", "improver.py", "--seed", "5"]
LONGEST = 300


class Broken(Exception):
    """A promise is broken."""


def strop(home: Path, *arguments: str) -> subprocess.Popen[bytes]:
    environ = {**os.environ, "HOME": str(home), "XDG_DATA_HOME": str(home / "data")}
    log = (home / "log.txt").open("ab")
    return subprocess.Popen([sys.executable, "-m", "strop", *arguments], cwd=home, env=environ, stdout=log, stderr=log)


def prepared(home: Path) -> None:
    for path, text in FILES.items():
        file = home / "mine" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
    (home / "improver.py").write_text(IMPROVER)
    named = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run(["git", *named, *command], cwd=home / "mine", check=True)


def fingerprint(root: Path) -> str:
    """Of every file below a folder, by name, mode and bytes."""
    found = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file() and ".git" not in path.parts:
            found.update(f"{path.relative_to(root)} {path.stat().st_mode:o} ".encode() + path.read_bytes())
    return found.hexdigest()


def best(run: Path) -> int:
    """The speed of the best so far, 10 where there is none; its two files and its patch must be of one candidate."""
    folder = run / "best"
    if not folder.exists():
        return 10
    speed = re.fullmatch(r"speed: (\d+)", (folder / "files/app/speed.txt").read_text())
    size = re.fullmatch(r"size: (\d+)\r\n", (folder / "files/app/size.txt").read_bytes().decode())
    patch = (folder / "best.diff").read_text()
    if not speed or not size or int(speed[1]) - int(size[1]) != 6 or f"+speed: {speed[1]}" not in patch:
        raise Broken(f"the best so far is not one whole candidate: {speed}, {size}")
    return int(speed[1])


def evaluated(run: Path) -> int:
    """The best speed whose evaluation the record holds."""
    if not (run / "run.sqlite").exists():
        return 10
    process = subprocess.run(
        [sys.executable, "-m", "strop", "show", str(run), "--json"], capture_output=True, check=False
    )
    # u = r / (1 + r) of the ratio r.
    values = [float(each) for each in re.findall(rb'"utility": ([0-9.]+),\s+"verdict": "ok"', process.stdout)]
    return round(10 * max((value / (1 - value) for value in values), default=1.0))


def stopped(home: Path, moments: int, draw: random.Random) -> tuple[int, int]:
    """Stop the run at random moments until it ends; how often it was stopped, and how often before it had a best."""
    untouched = fingerprint(home / "mine")
    run, stops, early, before = home / "parts", 0, 0, 10
    process = strop(home, *ASKED, "--out", "parts")
    while stops < moments:
        time.sleep(draw.uniform(0.0, 6.0))
        if process.poll() is not None:
            break
        process.send_signal(draw.choice([signal.SIGINT, signal.SIGKILL]))
        process.wait(LONGEST)
        stops += 1
        if fingerprint(home / "mine") != untouched:
            raise Broken("a file of the user's has changed")
        if subprocess.run(["git", "status", "--porcelain"], cwd=home / "mine", capture_output=True, check=True).stdout:
            raise Broken("git's tree is not clean")
        now = best(run)
        # A kill may come between the record's line and the folder's change: then the next stretch mends it.
        if now < before or now < evaluated(run) - 1:
            raise Broken(f"the best so far is {now}; before it was {before}, and the record holds {evaluated(run)}")
        before, early = now, early + (now == 10)
        begun = (run / "run.sqlite").exists()
        process = strop(home, "resume", "parts") if begun else strop(home, *ASKED, "--out", "parts")
    process.wait(LONGEST)
    return stops, early


def finished(home: Path, draw: random.Random, moments: int) -> None:
    begun = time.monotonic()
    if strop(home, *ASKED, "--out", "whole").wait(LONGEST) != 0:
        raise Broken(f"the run that was left alone failed: {(home / 'log.txt').read_text()[-500:]}")
    print(f"left alone: {time.monotonic() - begun:.1f} s")
    begun, stops, early = time.monotonic(), 0, 0
    rounds = 0
    while stops < moments:
        for old in home.glob("parts"):
            old.rename(home / f"parts-{rounds}")
        more, soon = stopped(home, moments - stops, draw)
        stops, early, rounds = stops + more, early + soon, rounds + 1
        process = strop(home, "resume", "parts")  # where the last stretch was stopped; else it says that it is finished
        if process.wait(LONGEST) != 0:
            raise Broken("a run that was stopped does not go on to its end")
        with Store.open(home / "whole") as whole, Store.open(home / "parts") as parts:
            one, other = identities(whole), identities(parts)
        if one != other:
            raise Broken(f"events missing {(one - other).total()}, extra {(other - one).total()}")
        if best(home / "parts") != 30:
            raise Broken("the best in the end is not the best that was tried")
    print(
        f"stopped {stops} times in {rounds} runs, {early} times before anything was better: {time.monotonic() - begun:.0f} s"
    )
    if strop(home, "apply", "parts").wait(LONGEST) != 0 or best(home / "parts") != 30:
        raise Broken("the patch does not apply")
    if (home / "mine/app/speed.txt").read_text() != "speed: 30" or (
        home / "mine/app/size.txt"
    ).read_bytes() != b"size: 24\r\n":
        raise Broken("what was applied is not the best")


def main(moments: int, seed: int) -> int:
    with tempfile.TemporaryDirectory() as made:
        home = Path(made)
        prepared(home)
        try:
            finished(home, random.Random(seed), moments)
        except Broken as error:
            print(f"A PROMISE IS BROKEN: {error}")
            return 1
    print(
        "every promise kept: the user's files bit for bit, the best so far whole, the same events, a patch that applies"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 30, int(sys.argv[2]) if len(sys.argv) > 2 else 0))
