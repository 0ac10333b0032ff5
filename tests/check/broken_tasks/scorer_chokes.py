"""The hole: the scorer trusts the type of what it gets; None, a text or a dict makes it raise what is not Malformed."""

import strop

FOUND = "C202"
LEVEL = "warning"


def sample(rng):
    return {"n": int(rng.integers(0, 1000))}


def score(instance, answer):
    return 1.0 / (1.0 + abs(answer.bit_length() - (instance["n"] ** 2).bit_length()))


SEED = "def f(n):\n    return n\n"
task = strop.Task(name="scorer-chokes", sample=sample, score=score, seed=SEED, entry="f")
