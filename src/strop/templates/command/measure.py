"""Measures the program in switches.py: `python3 measure.py SEED` prints one line of JSON.

strop runs it in a copy of this folder, which the program shares. That is why strop looks afterwards whether this file is still
what it was, and why what it prints is weaker evidence than a score that strop computes itself (`strop init --form sample`).
"""

import json
import random
import sys

SWITCHES, RULES = 40, 140


def drawn(seed):
    """The rules of one instance; equal seeds give equal rules."""
    rng = random.Random(seed)
    return [[rng.choice((-1, 1)) * number for number in rng.sample(range(1, SWITCHES + 1), 2)] for _ in range(RULES)]


def measured(clauses, values):
    """The share of the rules that hold, from 0 to 1."""
    holding = sum(any(bool(values[abs(number)]) == (number > 0) for number in clause) for clause in clauses)
    return holding / len(clauses)


if __name__ == "__main__":
    from switches import choose

    rules = drawn(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    share = measured(rules, choose([list(rule) for rule in rules]))
    print(f"strop-note: {round((1 - share) * RULES)} of {RULES} rules do not hold", file=sys.stderr)
    print(json.dumps({"my_metric": share}))
