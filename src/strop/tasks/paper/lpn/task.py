"""Learning parity with noise (§5.1): predict the parity of a hidden subset of 10 bits from 100 noisy examples.

The draws are those of the published implementation, bit for bit, in its order.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from strop.base.later import np
from strop.tasks.answer import Answer
from strop.tasks.base import Instance, Task, described, legacy_numpy


def sample(rng: np.random.RandomState) -> tuple[dict[str, Any], Any]:
    n_bits, n_train, n_test, p_true, p_noise = 10, 100, 20, 0.3, 0.05
    true_bits = rng.binomial(1, p_true, n_bits)
    samples = rng.binomial(1, 0.5, (n_train + n_test, n_bits))
    noise = rng.binomial(1, p_noise, n_train)
    parity = samples[:, true_bits == 1].sum(axis=1) % 2
    inputs = {
        "train_samples": samples[:n_train],
        "train_parity": (parity[:n_train] + noise) % 2,
        "test_samples": samples[n_train:],
    }
    return inputs, parity[n_train:]


def score(instance: Instance, predictions: np.ndarray) -> float:
    return float(np.mean(predictions == instance.hidden))


BITS = Answer(int, shape=(20,), also=((20, 1), (1, 20)), values=(0, 1))
"""One prediction for each row of test_samples, as a list, a row or a column."""


def lpn() -> Task:
    """The task with the parameters of §5.1: 20 training and 50 held-out instances, 2 s of CPU each."""
    folder = files(__package__)
    return Task(
        name="lpn",
        sample=sample,
        score=score,
        seed=(folder / "seed.py").read_text(encoding="utf-8"),
        instances=20,
        test_instances=50,
        time_limit=2.0,
        floor=1e-6,
        description=described((folder / "description.md").read_text(encoding="utf-8"), sample, score),
        rng=legacy_numpy,
        answer=BITS,
    )
