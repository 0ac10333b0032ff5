"""The hole: instances come from a generator of sample's own, so that no two evaluations see the same ones."""

import numpy as np

import strop

FOUND = "C002"


def sample(rng):
    return {"x": np.random.default_rng().uniform(0, 1, 8).tolist()}


def score(instance, answer):
    return max(0.0, 1 - abs(answer - max(instance["x"])))


SEED = "def f(x):\n    return x[0]\n"
ANSWER = strop.Answer(float)
task = strop.Task(name="unseeded-draws", sample=sample, score=score, seed=SEED, entry="f", answer=ANSWER)
