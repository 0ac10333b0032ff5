"""The hole: labels come from the global generator under one of 100 seeds, and who runs sample under each finds them again."""

import numpy as np

import strop

FOUND = "C003"


def sample(rng):
    np.random.seed(int(rng.integers(100)))
    points = np.random.random((25, 2)).round(6)
    return {"points": points}, np.random.randint(0, 2, 25)


def score(instance, answer):
    return float(np.mean(answer == instance.hidden))


SEED = "import random\ndef f(points):\n    return [random.randint(0, 1) for _ in points]\n"
ANSWER = strop.Answer(int, shape=(25,), values=(0, 1))
task = strop.Task(name="few-seeds", sample=sample, score=score, seed=SEED, entry="f", answer=ANSWER)
