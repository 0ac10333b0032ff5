"""The six targets of examples/targets through `strop improve`, to a verdict: before, after, interval, calls, time.

    python bench/targets.py            # with the answers written by hand, then with the offline proposer
    python bench/targets.py hot_loop   # one of them

Neither is a language model, and the figures say nothing about any: what they show is that each kind of target gets its verdict.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TARGETS = Path(__file__).parent.parent / "examples" / "targets"
NAMES = ("bin_packing", "hot_loop", "matrix_c", "sql_query", "word_package", "ticket_rules")
COLUMNS = ("target", "proposer", "before", "after", "verdict", "evaluations", "responses", "seconds")


def main() -> None:
    """Print the table, a row as soon as it is there."""
    chosen = sys.argv[1:] or NAMES
    print("| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS), flush=True)
    for proposer in ("by hand", "offline"):
        for name in chosen:
            print("| " + " | ".join(row(name, proposer)) + " |", flush=True)


def row(name: str, proposer: str) -> list[str]:
    """One target, improved in a copy."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, name)
        shutil.copytree(TARGETS / name, target)
        answers = target / "answers.jsonl"
        calls = str(len(answers.read_text().splitlines()) - 1)  # one answer without a program is asked for again
        lm = [f"scripted:{answers}", "--lm-budget", calls, "--max-responses", "1"]
        lm = lm if proposer == "by hand" else ["offline"]
        began = time.monotonic()
        command = [sys.executable, "-m", "strop", "improve", *named(target), "--model", *lm, "--seed", "1", "--json"]
        ran = subprocess.run([*command, "--out", "run"], cwd=folder, capture_output=True, text=True)
        seconds = time.monotonic() - began
        if ran.returncode != 0:
            return [name, proposer, "", "", ran.stderr.strip().splitlines()[-1], "", "", f"{seconds:.0f}"]
        found = json.loads(ran.stdout)
        before, after = values(found)
        counts = [str(found["cost"][each]) for each in ("evaluations", "responses")]
        return [name, proposer, before, after, found["sentence"].replace("|", "/"), *counts, f"{seconds:.0f}"]


def named(target: Path) -> list[str]:
    """How the target is named on the command line."""
    if (target / "strop.toml").is_file():
        return [str(target)]
    if (target / "evaluator.py").is_file():
        return [str(target / "rules.ini"), "--evaluator", str(target / "evaluator.py"), "--shared"]
    return [str(target / "packing.py")]


def values(found: dict) -> tuple[str, str]:
    """The measure on the held-out split before and after, in its own terms."""
    change = found["change"]
    if change and (name := change["metric"]["name"]) != "utility":
        return f"{change['before']:.4g} {name}", f"{change['after']:.4g} {name}"
    sides = [found[each] for each in ("original", "improved")]
    before, after = (f"{side['test']['value']:.3f}" if side else "" for side in sides)
    return before, after


if __name__ == "__main__":
    main()
