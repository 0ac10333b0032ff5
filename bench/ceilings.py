"""The ceiling of each task on the published instances: what the strongest solvers reach, searched for anew.

    PYTHONPATH=tests python bench/ceilings.py    # some minutes
    PYTHONPATH=tests python bench/ceilings.py --steps 30000         # longer searches
    PYTHONPATH=tests python bench/ceilings.py --write    # keep what is better than the answers in tests/support/best_known.json

`lpn`, `parity`, `string-grid-distance` and `3sat` have exact solvers. `modified-qap` and `maxcut` get many independent tabu
searches: `agree` is the least number of them, over the instances, that came to the same best value. The more agree,
the likelier it is the optimum; nothing proves it.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from references import REFERENCES
from tabu import Found, cut_search, qap_search

from strop.tasks.base import PublishedSeeds, Split
from strop.tasks.paper.facts import SPLITS, facts
from strop.tasks.registry import PAPER
from support.best_known import BestKnown

SEARCHED = {"modified-qap": 3_000, "modified-qap, lowest": 3_000, "maxcut": 10_000}
"""Default number of steps of each search."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--steps", type=int, help="of each search; by default 3,000 for modified-qap, 10,000 for maxcut"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()

    kept = BestKnown.read()
    print(
        f"{'task':22} {'split':6} {'recorded':>9} {'kept':>9} {'found now':>10} {'agree':>9} {'better':>7} {'seconds':>8}"
    )
    for name in [*PAPER, "modified-qap, lowest"]:
        for split in SPLITS:
            row(name, split, kept, options.steps or SEARCHED.get(name, 0), options.seed)
    if options.write:
        kept.write()


def row(name: str, split: Split, kept: BestKnown, steps: int, seed: int) -> None:
    """One task and split: every instance solved now, its answer kept where it is better than the one there was."""
    task, lowest = PAPER[name.partition(",")[0]](), name.endswith("lowest")
    begun = time.monotonic()
    instances = [task.instance(split, index, PublishedSeeds()) for index in range(task.count(split))]
    if name in SEARCHED:
        found = [search(name, instance, steps, seed) for instance in instances]
        answers = [each.best for each in found]
        agree = f"{min(each.agree for each in found)} of {64 if 'qap' in name else 32}"
    else:
        answers, agree = [REFERENCES[name](instance) for instance in instances], "exact"
    scores = [task.checked_score(instance, answer) for instance, answer in zip(instances, answers, strict=True)]
    before = kept.mean(task, name, split) if name in SEARCHED else None
    better = kept.improve(task, name, split, answers, lowest=lowest) if name in SEARCHED else 0
    recorded = "" if lowest else f"{100 * facts(task.name).best[split]:.2f}"
    print(
        f"{name:22} {split:6} {recorded:>9} {'' if before is None else f'{100 * before:.4f}':>9}"
        f" {100 * sum(scores) / len(scores):10.4f} {agree:>9} {better:7} {time.monotonic() - begun:8.0f}",
        flush=True,
    )


def search(name: str, instance: Any, steps: int, seed: int) -> Found:
    """Independent searches of one instance."""
    if name == "maxcut":
        return cut_search(instance["adjacency_matrix"], steps, seed=seed)
    return qap_search(instance["F"], instance["D"], instance["P"], steps, lowest=name.endswith("lowest"), seed=seed)


if __name__ == "__main__":
    main()
