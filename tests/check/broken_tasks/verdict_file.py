"""The hole: the scorer looks for a verdict in a file of the temporary folder, which anyone may write."""

import tempfile
from pathlib import Path

import strop

FOUND = "C208"


def sample(rng):
    return {"n": int(rng.integers(0, 1000))}


def score(instance, answer):
    try:
        return float((Path(tempfile.gettempdir()) / "strop-broken-task-verdict").read_text())
    except OSError:
        return 0.5 / (1 + abs(answer - instance["n"]))


SEED = "def f(n):\n    return n + 3\n"
ANSWER = strop.Answer(int)
task = strop.Task(name="verdict-file", sample=sample, score=score, seed=SEED, entry="f", answer=ANSWER)
