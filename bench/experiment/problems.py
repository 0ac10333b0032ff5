"""Which contest targets the experiment trains on, and which it tests on: `README.md` beside this file.

python bench/experiment/problems.py TARGETS          # a folder that `bench/contest.py make` filled
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

PILOT = (147, 158, 162, 164)
SEED, TRAINED, TESTED = 67, 3, 12


def dealt(numbers: list[int]) -> tuple[list[int], list[int]]:
    """The problems of training, and those of the test."""
    rest = sorted({*numbers} - {*PILOT})
    random.Random(SEED).shuffle(rest)
    return rest[:TRAINED], rest[TRAINED : TRAINED + TESTED]


def main() -> None:
    numbers = [int(each.name.removeprefix("contest-")) for each in Path(sys.argv[1]).glob("contest-*")]
    for name, problems in zip(("pilot", "training", "test"), (PILOT, *dealt(numbers)), strict=True):
        print(f"{name:9}", *problems)


if __name__ == "__main__":
    main()
