"""Draw from the system's randomness.

Must be observed: it works. Source: strop's own list of honest code.
"""

import os
import secrets
import uuid

NUMBERS = (156,)
ROLE = "solution"
OBSERVED = {"outcome": "Returned"}


def attack(targets):
    if len(secrets.token_bytes(16)) != 16 or len(os.urandom(8)) != 8 or uuid.uuid4().version != 4:
        return "wrong"
