"""Runs against their plans: what `strop run --dry-run` said, and what the same run then took.

    python bench/plan.py                # ten runs of the offline proposer, some five minutes on two free cores
    python bench/plan.py --tuning       # those on which the plan's assumptions were chosen

The ratio is found / expected. Seconds are processor time over cores, so that other work on the machine does not matter.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

TUNING = [
    "lpn -T 2 --copies 3 --meta-budget 6 --utility-budget 12 --gate-pairs 30 --seed 1",
    "parity -T 1 --copies 2 --meta-budget 4 --utility-budget 8 --selection paper --seed 2",
    "3sat -T 1 --copies 2 --meta-budget 4 --utility-budget 10 --gate-pairs 10 --seed 3",
    "string-grid-distance -T 2 --copies 2 --meta-budget 4 --utility-budget 8 --gate-pairs 12 --seed 4",
    "modified-qap -T 1 --copies 2 --meta-budget 4 --utility-budget 10 --gate-pairs 20 --selection archive --seed 5",
    "lpn -T 3 --copies 2 --meta-budget 5 --utility-budget 20 --selection paper --lm offline:skill=0.9 --seed 6",
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
    "lpn -T 2 --copies 3 --meta-budget 6 --utility-budget 12 --gate-pairs 30 --lm offline:skill=0.2 --seed 109",
    "lpn -T 1 --copies 3 --meta-budget 12 --utility-budget 12 --lm-budget 3 --max-responses 4 --gate-pairs 24 "
    "--lm offline:skill=0.9 --seed 110",
]


def strop(*arguments: str) -> tuple[dict[str, Any], float]:
    """(the document that a command prints, the processor time of everything that it started)."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = subprocess.run([sys.executable, "-m", "strop", *arguments, "--json"], capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if ended.returncode:
        sys.exit(ended.stderr.decode())
    return json.loads(ended.stdout), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compared(line: str, directory: Path) -> list[tuple[float, dict[str, float]]]:
    """(found, the plan's span) for LM calls, responses, evaluations and seconds."""
    words = shlex.split(line)
    plan, _ = strop("run", *words, "--dry-run")
    run, busy = strop("run", *words, "--out", str(directory), "--no-report", "--display", "none")
    spent = run["costs"]["total"]
    evaluations = sum(each["evaluations"] for each in run["iterations"]) + 1
    found = (spent["lm_calls"], spent["responses"], evaluations, busy / len(os.sched_getaffinity(0)))
    spans = (plan["lm_calls"], plan["responses"], plan["evaluations"], plan["seconds"])
    return list(zip(found, spans, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tuning", action="store_true")
    lines = TUNING if parser.parse_args().tuning else JUDGING
    print("found / expected", *("LM calls", "responses", "evaluations", "seconds"), sep=" | ")
    with tempfile.TemporaryDirectory() as folder:
        for number, line in enumerate(lines):
            each = compared(line, Path(folder) / str(number))
            cells = [f"{found:.4g} / {span['expected']:.4g} = {found / span['expected']:.2f}" for found, span in each]
            print(line, *cells, sep=" | ", flush=True)


if __name__ == "__main__":
    main()
