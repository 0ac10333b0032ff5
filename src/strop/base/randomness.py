"""Where every random number of a run comes from: one secret, and names.

No module keeps a generator; whoever needs randomness derives it from the run's seed and the name of the place it is for,
so that the order in which threads happen to run changes nothing.
"""

from __future__ import annotations

import hashlib
import hmac


def derive(secret: bytes, *names: object) -> int:
    """A 256-bit number that depends on the secret and every name, and tells nothing about either (HMAC-SHA-256)."""
    message = "\x00".join(str(name) for name in names).encode("utf-8", "surrogatepass")
    return int.from_bytes(hmac.new(secret, message, hashlib.sha256).digest(), "big")
