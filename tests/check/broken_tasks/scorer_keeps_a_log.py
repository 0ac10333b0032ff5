"""The hole: the scorer writes what it saw into a file, which the next scorer, or a solution elsewhere, may read."""

import tempfile
from pathlib import Path

import strop

FOUND = "C208"
LOG = Path(tempfile.gettempdir()) / "strop-broken-task-log"


def sample(rng):
    return {"n": int(rng.integers(0, 10**9))}


def score(instance, answer):
    with LOG.open("a") as log:
        log.write(f"{answer}\n")
    return 0.5 / (1 + abs(answer - instance["n"]))


SEED = "def f(n):\n    return n + 3\n"
ANSWER = strop.Answer(int)
task = strop.Task(name="scorer-keeps-a-log", sample=sample, score=score, seed=SEED, entry="f", answer=ANSWER)
