"""The hole: the scorer samples test cases anew each time, so that the luckiest solution wins."""

import random

import strop

FOUND = "C203"


def sample(rng):
    return {"weights": rng.uniform(0, 1, 10).tolist()}


def score(instance, answer):
    cases = [random.random() for _ in range(5)]
    return sum(1 - abs(weight - case) for weight, case in zip(answer, cases, strict=False)) / 5


SEED = "def f(weights):\n    return weights[:5]\n"
ANSWER = strop.Answer(float, shape=(5,), low=0, high=1)
task = strop.Task(name="noisy-score", sample=sample, score=score, seed=SEED, entry="f", answer=ANSWER)
