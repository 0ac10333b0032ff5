"""Learning parity with noise beyond enumeration: 24 to 72 bits, a fifth of the labels wrong."""

from __future__ import annotations

from typing import Any

from strop.base.later import np
from strop.tasks.answer import Answer
from strop.tasks.base import Instance, Task
from strop_problems.headroom.base import headroom_task

WORDS = """
The utility of a program that learns parity with noise.

`algorithm(train_samples, train_parity, test_samples)` gets rows of bits and, for the training rows, the parity of a hidden
set of bits, which is wrong for a fifth of the rows. It returns the parity of the 64 test rows, a list of 0 and 1. A guess
scores about 0.
"""
SEED = '''\
import numpy as np


def algorithm(train_samples, train_parity, test_samples):
    """Guess: toss a fair coin for each row."""
    return np.random.binomial(1, 0.5, len(test_samples))
'''


def sample(rng: np.random.Generator) -> tuple[dict[str, Any], Any]:
    bits = int(rng.integers(24, 73))
    hidden_set = rng.integers(0, 2, bits)
    samples = rng.integers(0, 2, (10 * bits + 64, bits))
    parity = samples @ hidden_set % 2
    noise = rng.random(10 * bits) < 0.2
    train, test = samples[:-64], samples[-64:]
    return {"train_samples": train, "train_parity": parity[:-64] ^ noise, "test_samples": test}, parity[-64:]


def score(instance: Instance, predictions: np.ndarray) -> float:
    right = float(np.mean(predictions == instance.hidden))
    return max(0.0, 2 * right - 1)


def noisy_parity() -> Task:
    """24 to 72 bits, ten noisy examples a bit."""
    predictions = Answer(int, shape=(64,), also=((64, 1), (1, 64)), values=(0, 1))
    return headroom_task("noisy-parity", "algorithm", SEED, WORDS, (sample, score), predictions)
