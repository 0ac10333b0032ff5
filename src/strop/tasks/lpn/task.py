"""Learning parity with noise (§5.1): predict the parity of a hidden subset of 10 bits from 100 noisy examples.

The draws are those of the published implementation, bit for bit, in its order.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import numpy as np

from strop.errors import Malformed
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


def score(instance: Instance, predictions: Any) -> float:
    labels = instance.hidden
    return float(np.mean(binary_labels(predictions, len(labels)) == labels))


def binary_labels(answer: Any, count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """`count` values 0 or 1 from an answer of shape (count,), (count, 1) or (1, count).

    The shape is checked before any arithmetic: an answer of another shape would broadcast to scores above 1 (§6.3).
    """
    try:
        values = np.asarray(answer)
    except ValueError as error:
        raise Malformed(f"predictions of unequal lengths: {error}") from error
    if values.dtype.kind not in "bif":
        raise Malformed(f"predictions must be numbers 0 or 1, not {values.dtype}")
    if values.shape not in {(count,), (count, 1), (1, count)}:
        raise Malformed(f"{count} predictions are expected, not an answer of shape {values.shape}")
    flat = values.reshape(count)
    if not np.isin(flat, (0, 1)).all():
        raise Malformed("predictions must be 0 or 1")
    return flat.astype(np.int64)


def lpn() -> Task:
    """The task with the parameters of §5.1: 20 training and 50 test instances, 2 s of CPU each."""
    folder = files(__package__)
    return Task(
        name="lpn",
        sample=sample,
        score=score,
        seed=(folder / "seed.py").read_text(encoding="utf-8"),
        instances=20,
        test_instances=50,
        time_limit=2.0,
        description=described((folder / "description.md").read_text(encoding="utf-8"), sample, score),
        rng=legacy_numpy,
    )
