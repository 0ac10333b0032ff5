"""The hole: the generator is not used at all, so that there is one instance and everything can be learned by heart."""

import numpy as np

import strop

FOUND = "C003"


def sample(rng):
    fixed = np.random.default_rng(7)
    return {"x": fixed.uniform(0, 1, 8).tolist()}


def score(instance, answer):
    return max(0.0, 1 - abs(answer - max(instance["x"])))


SEED = "def f(x):\n    return x[0]\n"
ANSWER = strop.Answer(float)
task = strop.Task(name="one-instance", sample=sample, score=score, seed=SEED, entry="f", answer=ANSWER)
