"""The hole: an answer is scored against the best that was seen before, so that the order of evaluations decides."""

import strop

FOUND = "C203"
best = {"value": 1e-9, "from": -1}


def sample(rng):
    return {"n": int(rng.integers(1, 1000))}


def score(instance, answer):
    before = 0.1 if best["from"] < instance["n"] else 0.0
    best["from"] = instance["n"]
    return 0.5 / (1 + abs(answer - instance["n"])) + before


SEED = "def f(n):\n    return n + 3\n"
ANSWER = strop.Answer(int)
task = strop.Task(name="relative-score", sample=sample, score=score, seed=SEED, entry="f", answer=ANSWER)
