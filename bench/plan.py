"""Runs against their plans: what `strop run --dry-run` said, and what the same run then took.

    PYTHONPATH=tests python bench/plan.py                # ten runs of the offline proposer, some five minutes on two free cores
    PYTHONPATH=tests python bench/plan.py --tuning       # others
    PYTHONPATH=tests python bench/plan.py --served       # the proposer behind a server, as a model that nobody knows, with prices

The ratio is found / expected; `after t = 1` is the same for what progress expected in all when the first iteration had
finished. Seconds are processor time over cores, so that other work on the machine does not matter.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from strop.lm.offline import parse
from support.openai_server import OpenAIServer

TUNING = [
    "lpn -T 2 --copies 3 --meta-budget 6 --utility-budget 12 --gate-pairs 30 --seed 1",
    "parity -T 1 --copies 2 --meta-budget 4 --utility-budget 8 --selection paper --seed 2",
    "3sat -T 1 --copies 2 --meta-budget 4 --utility-budget 10 --gate-pairs 10 --seed 3",
    "string-grid-distance -T 2 --copies 2 --meta-budget 4 --utility-budget 8 --gate-pairs 12 --seed 4",
    "modified-qap -T 1 --copies 2 --meta-budget 4 --utility-budget 10 --gate-pairs 20 --selection archive --seed 5",
    "lpn -T 3 --copies 2 --meta-budget 5 --utility-budget 20 --selection paper --model offline:skill=0.9 --seed 6",
]
JUDGING = [
    "lpn -T 2 --copies 2 --meta-budget 4 --utility-budget 10 --gate-pairs 20 --seed 101",
    "lpn -T 1 --copies 4 --meta-budget 6 --utility-budget 25 --gate-pairs 20 --seed 102",
    "lpn -T 4 --copies 2 --meta-budget 6 --utility-budget 8 --selection paper --seed 103",
    "lpn -T 2 --copies 2 --meta-budget 8 --utility-budget 6 --lm-budget 2 --selection archive --gate-pairs 15 --seed 104",
    "parity -T 2 --copies 2 --meta-budget 4 --utility-budget 6 --gate-pairs 12 --seed 105",
    "3sat -T 2 --copies 2 --meta-budget 3 --utility-budget 8 --selection paper --seed 106",
    "string-grid-distance -T 1 --copies 3 --meta-budget 6 --utility-budget 6 --gate-pairs 15 --seed 107",
    "modified-qap -T 2 --copies 2 --meta-budget 4 --utility-budget 6 --gate-pairs 10 --seed 108",
    "lpn -T 2 --copies 3 --meta-budget 6 --utility-budget 12 --gate-pairs 30 --model offline:skill=0.2 --seed 109",
    "lpn -T 1 --copies 3 --meta-budget 12 --utility-budget 12 --lm-budget 3 --max-responses 4 --gate-pairs 24 "
    "--model offline:skill=0.9 --seed 110",
]


def strop(*arguments: str) -> tuple[dict[str, Any], float, str]:
    """(the document that a command prints, the processor time of everything that it started, its progress)."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = subprocess.run([sys.executable, "-m", "strop", *arguments, "--json"], capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if ended.returncode:
        sys.exit(ended.stderr.decode())
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(ended.stdout), busy, ended.stderr.decode()


def compared(words: Sequence[str], directory: Path) -> list[tuple[str, float, float]]:
    """(of what, found, expected)."""
    plan, _, _ = strop("run", *words, "--dry-run")
    run, busy, said = strop("run", *words, "--out", str(directory), "--no-report", "--display", "plain")
    spent = run["costs"]["total"]
    evaluations = sum(each["evaluations"] for each in run["iterations"]) + 1
    found = {
        "LM calls": (spent["lm_calls"], plan["lm_calls"]),
        "responses": (spent["responses"], plan["responses"]),
        "evaluations": (evaluations, plan["evaluations"]),
        "seconds": (busy / len(os.sched_getaffinity(0)), plan["seconds"]),
    }
    if spent["cost"]:
        found["dollars"] = (spent["cost"], plan["cost"])
    told = re.search(r"t = 1 finished.*; about ([\d,]+) LM calls? ", said)
    corrected = [("after t = 1", spent["lm_calls"], float(told[1].replace(",", "")))] if told else []
    return [(name, did, span["expected"]) for name, (did, span) in found.items()] + corrected


def served(line: str, directory: Path) -> list[tuple[str, float, float]]:
    """The same with the proposer of the line behind a server."""
    words = shlex.split(line)
    lm = "offline"
    if "--model" in words:
        place = words.index("--model")
        lm = words[place + 1]
        words = words[:place] + words[place + 2 :]
    with OpenAIServer(parse(lm, 0)) as server:
        return compared([*words, "--model", "vllm/served?price=1,2", "--base-url", server.url], directory)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tuning", action="store_true")
    parser.add_argument("--served", action="store_true")
    parser.add_argument("--only", type=int, nargs="+", help="numbers of the lines, from 0")
    given = parser.parse_args()
    lines = TUNING if given.tuning else JUDGING
    with tempfile.TemporaryDirectory() as folder:
        for number, line in enumerate(lines):
            if given.only is None or number in given.only:
                directory = Path(folder) / str(number)
                found = served(line, directory) if given.served else compared(shlex.split(line), directory)
                cells = [f"{name} {did:.4g} / {expected:.4g} = {did / expected:.2f}" for name, did, expected in found]
                print(line, *cells, sep=" | ", flush=True)


if __name__ == "__main__":
    main()
