"""Does STOP improve its improver? Many seeds of `strop run lpn`, and the test meta-utility of I_T beside that of I_0.

    python bench/stop_lpn.py --seeds 20                      # the offline proposer, which is not a language model
    python bench/stop_lpn.py --seeds 5 --lm openai/gpt-4o

Prints one row a seed, then the paired difference with its 95% interval (Student t). Runs are kept in the folder of --out, and
a run that is there already is not run again.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from strop.stats import estimate, paired_difference


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--lm", default="offline")
    parser.add_argument("--out", type=Path, default=Path("runs/bench"))
    parser.add_argument("rest", nargs="*", help="further flags of strop run, after --")
    options = parser.parse_args()

    print(f"{options.lm}: {'NOT a language model' if options.lm.startswith('offline') else 'a language model'}")
    print(f"{'seed':>4} {'test I_0':>9} {'test I_T':>9} {'gain':>7} {'LM calls':>9} {'evaluations':>12} {'seconds':>8}")
    first, last = [], []
    for seed in range(options.seeds):
        iterations = one(seed, options.lm, options.out, options.rest)["iterations"]
        begun, ended = iterations[0]["test"]["mean"], iterations[-1]["test"]["mean"]
        calls, evaluations = (sum(i[name] for i in iterations) for name in ("lm_calls", "evaluations"))
        seconds = sum(i["seconds"] for i in iterations)
        print(
            f"{seed:4} {begun:9.3f} {ended:9.3f} {ended - begun:+7.3f} {calls:9} {evaluations:12} {seconds:8.0f}",
            flush=True,
        )
        first.append(begun)
        last.append(ended)
    for name, values in (("I_0", first), ("I_T", last)):
        found = estimate(values)
        print(f"mean test meta-utility of {name}: {found.mean:.3f} ± {found.stderr or 0:.3f} (standard error)")
    difference = paired_difference(last, first)
    interval = "{:+.3f} to {:+.3f}".format(*difference.interval) if difference.interval else "not defined"
    print(f"difference: {difference.mean:+.3f}, 95% interval {interval}, over {len(first)} seeds")


def one(seed: int, lm: str, out: Path, rest: list[str]) -> dict[str, Any]:
    """The document of one run, made now or found."""
    directory = out / f"{lm.replace('/', '-').replace(':', '-')}-{seed}"
    command = [sys.executable, "-m", "strop"]
    if not (directory / "best.py").is_file():
        command += ["run", "lpn", "--lm", lm, "--seed", str(seed), "--out", str(directory), *rest]
    else:
        command += ["show", str(directory)]
    ended = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        sys.exit(f"seed {seed}: {ended.stderr.strip().splitlines()[-1]}")
    document: dict[str, Any] = json.loads(ended.stdout)
    return document


if __name__ == "__main__":
    main()
