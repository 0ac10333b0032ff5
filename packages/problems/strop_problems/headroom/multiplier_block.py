"""Multiplication by many constants with shifts and few additions, as compilers and filters need it.

The bound: each odd constant other than 1 is the result of an addition of its own (Bull and Horrocks 1991).
"""

from __future__ import annotations

from typing import Any

from strop.base.errors import Malformed
from strop.base.later import np
from strop.tasks.answer import Answer
from strop.tasks.base import Instance, Task
from strop_problems.headroom.base import headroom_task

WORDS = """
The utility of a program that multiplies a number by many constants with shifts and few additions.

`block(constants)` gets 16 to 24 odd constants from 3 to 16383, and returns a list of additions [a, s, b, t, sign]. Addition k
makes value k: (value a << s) + sign * (value b << t), where value 0 is the number 1, additions count from 1, a and b are less
than k, and sign is 1 or -1. All values are from 1 to 65535, and every constant is one of them. Shifts cost nothing; the number
of additions counts.
"""
SEED = '''\
def block(constants):
    """Each constant by itself: add a shifted 1 for each of its binary ones."""
    additions = []
    for constant in constants:
        value = 0
        for shift in range(1, 14):
            if constant >> shift & 1:
                additions.append([value, 0, 0, shift, 1])
                value = len(additions)
    return additions
'''


def sample(rng: np.random.Generator) -> dict[str, Any]:
    constants = 2 * rng.choice(np.arange(1, 2**13), rng.integers(16, 25), replace=False) + 1
    return {"constants": constants.tolist()}


def score(instance: Instance, additions: np.ndarray) -> float:
    constants = instance["constants"]
    if len(additions) > 400:
        raise Malformed(f"{len(additions)} additions are more than 400")
    values = [1]
    for a, s, b, t, sign in additions.tolist():
        if not (0 <= a < len(values) and 0 <= b < len(values) and 0 <= s <= 16 and 0 <= t <= 16 and sign in (1, -1)):
            raise Malformed(f"addition {len(values)} is {[a, s, b, t, sign]}")
        values.append((values[a] << s) + sign * (values[b] << t))
        if not 1 <= values[-1] <= 65535:
            raise Malformed(f"value {len(values) - 1} is {values[-1]}, not from 1 to 65535")
    missing = set(constants) - set(values)
    if missing:
        raise Malformed(f"no value is {min(missing)}")
    excess = len(additions) / len(constants) - 1
    return 0.25 / (0.25 + excess)


def multiplier_block() -> Task:
    """16 to 24 constants of up to 14 bits."""
    additions = Answer(int, shape=(None, 5), low=-1, high=400)
    return headroom_task("multiplier-block", "block", SEED, WORDS, (sample, score), additions)
