"""Which contest targets the experiment trains on, and which it tests on: `README.md` beside this file.

python bench/experiment/problems.py TARGETS          # a folder that `bench/contest.py make` filled
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

TRAINED, TRIED = (147, 158, 162), (164,)
SEED, MOST = 67, 12


def tested(numbers: list[int]) -> list[int]:
    """The problems of the test: what is left, in an order that is drawn."""
    rest = sorted({*numbers} - {*TRAINED, *TRIED})
    random.Random(SEED).shuffle(rest)
    return rest[:MOST]


def main() -> None:
    numbers = [int(each.name.removeprefix("contest-")) for each in Path(sys.argv[1]).glob("contest-*")]
    print("training", *TRAINED)
    print("test", *tested(numbers))


if __name__ == "__main__":
    main()
