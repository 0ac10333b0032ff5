"""Measures the program in switches.py: `python3 measure.py SEED` prints one line of JSON.

strop runs it in a copy of this folder, and looks afterwards whether this file is still what it was. The program runs as a process
of its own and answers in JSON: in this process it could print its own score, and strop would call no result better.
"""

import json
import random
import subprocess
import sys

SWITCHES, RULES = 40, 140
PROGRAM = "import json, sys, switches; json.dump(switches.choose(json.load(sys.stdin)), sys.stdout)"


def drawn(seed):
    """The rules of one instance; equal seeds give equal rules."""
    rng = random.Random(seed)
    return [[rng.choice((-1, 1)) * number for number in rng.sample(range(1, SWITCHES + 1), 2)] for _ in range(RULES)]


def measured(clauses, values):
    """The share of the rules that hold, from 0 to 1."""
    holding = sum(any(values[abs(number)] is (number > 0) for number in clause) for clause in clauses)
    return holding / len(clauses)


def answered(clauses):
    """What the program answers to the rules of one instance."""
    ended = subprocess.run([sys.executable, "-c", PROGRAM], input=json.dumps(clauses), capture_output=True, text=True)
    sys.stderr.write(ended.stderr)
    if ended.returncode:
        sys.exit(ended.returncode)
    return json.loads(ended.stdout)


if __name__ == "__main__":
    rules = drawn(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    share = measured(rules, answered(rules))
    print(f"strop-note: {round((1 - share) * RULES)} of {RULES} rules do not hold", file=sys.stderr)
    print(json.dumps({"my_metric": share}))
