"""The hole: the label is whether the instance was the first, the second, ... of a split, which a program can count."""

import strop

FOUND = "C303"
counted = {}


def sample(rng):
    noise = rng.integers(0, 10**9, 6).tolist()
    number = counted.setdefault(str(noise), len(counted))
    return {"noise": noise}, number % 2


def score(instance, answer):
    return float(answer == instance.hidden)


SEED = "def f(noise):\n    return noise[0] % 2\n"
ANSWER = strop.Answer(int, values=(0, 1))
task = strop.Task(name="answer-by-index", sample=sample, score=score, seed=SEED, entry="f", answer=ANSWER)
