"""The hole: the scorer takes matched items out of the instance, so that the same answer scores otherwise the second time."""

import strop

FOUND = "C203"


def sample(rng):
    return {"items": rng.integers(2, 10**6, 20).tolist()}


def score(instance, answer):
    left = instance["items"]
    hits = 0
    for item in answer[:20]:
        if item**0.5 in left:
            left.remove(item**0.5)
            hits += 1
    return hits / 20


SEED = "def f(items):\n    return [item * item for item in items[:5]]\n"
ANSWER = strop.Answer(int, shape=(None,), low=0)
task = strop.Task(name="scorer-edits-instance", sample=sample, score=score, seed=SEED, entry="f", answer=ANSWER)
