"""Open pipes until it fails.

Must be observed: fewer than 64. Source: strop's own list of cases, `fd_bomb`.
"""

import contextlib
import os

NUMBERS = (88,)
ROLE = "solution"


def attack(targets):
    opened = []
    with contextlib.suppress(OSError):
        while True:
            opened.extend(os.pipe())
    return f"opened {len(opened)}" if len(opened) >= 64 else None
