"""The hole: the more an answer claims, the more it scores, and nothing bounds it."""

import strop

FOUND = "C201"


def sample(rng):
    return {"values": rng.uniform(0, 1, 10).tolist()}


def score(instance, answer):
    return abs(sum(value * amount for value, amount in zip(instance["values"], answer, strict=True))) / 100


SEED = "def f(values):\n    return [1.0] * len(values)\n"
ANSWER = strop.Answer(float, shape=(10,))
task = strop.Task(name="score-without-bounds", sample=sample, score=score, seed=SEED, entry="f", answer=ANSWER)
