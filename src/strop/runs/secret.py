"""The secret of a run, from which its instances and the random numbers of its guests derive.

Programs could guess a seed alone, because people use few of them. So the secret derives from the seed and the key of this
machine: the same seed gives the same run here, but a guest cannot compute it. The record of a run contains its secret, with which
it can be repeated anywhere.
"""

from __future__ import annotations

from strop.base.randomness import derive


def run_secret(key: bytes, seed: int) -> bytes:
    """The secret of the run with this seed on the machine with this key: 32 bytes."""
    return derive(key, "run", seed).to_bytes(32, "big")
