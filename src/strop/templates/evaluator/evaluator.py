"""The score of the program in switches.py: `evaluate(program_path)` gives numbers by name, in the OpenEvolve format.

It runs in a jail of its own, and the program in another one, which answers its calls.
"""

import importlib.util
import random
import sys

SWITCHES, RULES, INSTANCES = 40, 140, 5


def drawn(rng):
    """The rules of one instance."""
    return [[rng.choice((-1, 1)) * number for number in rng.sample(range(1, SWITCHES + 1), 2)] for _ in range(RULES)]


def measured(clauses, values):
    """The share of the rules that hold, from 0 to 1."""
    holding = sum(any(bool(values[abs(number)]) == (number > 0) for number in clause) for clause in clauses)
    return holding / len(clauses)


def evaluate(program_path, seed=0):
    """What the program in the file `program_path` is worth. strop gives every instance a seed of its own."""
    spec = importlib.util.spec_from_file_location("program", program_path)
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    rng = random.Random(seed)
    shares = []
    for _ in range(INSTANCES):
        rules = drawn(rng)
        shares.append(measured(rules, program.choose([list(rule) for rule in rules])))
    print(f"strop-note: the share of the rules that hold: {shares}", file=sys.stderr)
    return {"my_metric": sum(shares) / len(shares)}
