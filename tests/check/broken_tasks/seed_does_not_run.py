"""The hole: the seed solution takes other arguments than sample draws, so that every run starts from nothing."""

import strop

FOUND = "C101"


def sample(rng):
    return {"a": int(rng.integers(0, 9)), "b": int(rng.integers(0, 9)), "c": int(rng.integers(0, 10**9))}


def score(instance, answer):
    return 1 / (1 + abs(answer - instance["a"] * instance["b"]))


SEED = "def f(a, b):\n    return a + b\n"
ANSWER = strop.Answer(int)
task = strop.Task(name="seed-does-not-run", sample=sample, score=score, seed=SEED, entry="f", answer=ANSWER)
