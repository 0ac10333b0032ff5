"""All random numbers of a run derive from one secret and names.

No module keeps a generator. Randomness derives from the run's secret and the name of its use, so it does not depend on the order
of threads.
"""

from __future__ import annotations

import hmac


def derive(secret: bytes, *names: object) -> int:
    """A 256-bit number that depends on the secret and all names and reveals neither (HMAC-SHA-256)."""
    message = "\x00".join(str(name) for name in names).encode("utf-8", "surrogatepass")
    return int.from_bytes(hmac.digest(secret, message, "sha256"), "big")
