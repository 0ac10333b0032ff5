"""Tell whether a file of the host exists.

Must be observed: an error, where there is a private root or no call that resolves a path is left. Source: Landlock's own
documentation: it does not restrict stat.
"""
# ruff: noqa: PTH116 - the call itself is the attack

import os

PROTECTION = "existence"


def attack(targets):
    return f"saw {os.stat(targets['file']).st_size} bytes"
