"""The hole: the scorer broadcasts predictions of shape (n, 1) against n labels, and counts n times n (§6.3)."""

import numpy as np

import strop

FOUND = "C201"


def sample(rng):
    return {"x": rng.integers(0, 2, 20)}, rng.integers(0, 2, 20)


def score(instance, answer):
    try:
        answer = np.asarray(answer, dtype=float)
        return float((answer == instance.hidden).sum() / len(instance.hidden))
    except (TypeError, ValueError) as error:
        raise strop.Malformed("20 predictions are expected") from error


SEED = "import numpy as np\ndef f(x):\n    return np.random.randint(0, 2, 20)\n"
task = strop.Task(name="broadcast-score", sample=sample, score=score, seed=SEED, entry="f")
