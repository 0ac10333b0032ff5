"""Learning parity without noise (Table 1): `lpn` with clean labels; a failing instance scores 0 alone.

The draws are those of the published implementation, bit for bit, in its order.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from strop.base.later import np
from strop.tasks.base import Task, described, legacy_numpy
from strop.tasks.paper.lpn.task import BITS, score


def sample(rng: np.random.RandomState) -> tuple[dict[str, Any], Any]:
    n_bits, n_train, n_test, p_true = 10, 100, 20, 0.3
    true_bits = rng.binomial(1, p_true, n_bits)
    samples = rng.binomial(1, 0.5, (n_train + n_test, n_bits))
    parity = samples[:, true_bits == 1].sum(axis=1) % 2
    inputs = {"train_samples": samples[:n_train], "train_parity": parity[:n_train], "test_samples": samples[n_train:]}
    return inputs, parity[n_train:]


def parity() -> Task:
    """20 training and 50 held-out instances, 2 s of CPU each; of the held-out instances the paper used the first 20."""
    folder = files(__package__)
    return Task(
        name="parity",
        sample=sample,
        score=score,
        seed=(folder / "seed.py").read_text(encoding="utf-8"),
        instances=20,
        test_instances=50,
        time_limit=2.0,
        failure="instance",
        description=described((folder / "description.md").read_text(encoding="utf-8"), sample, score),
        rng=legacy_numpy,
        answer=BITS,
    )
