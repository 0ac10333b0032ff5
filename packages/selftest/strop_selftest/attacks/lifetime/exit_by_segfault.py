"""Read address 0.

Must be observed: an outcome that says so, no value, and a host that goes on. Source: strop's own list of cases, `exit_codes`.
"""

import ctypes

NUMBERS = (80,)
ROLE = "solution"
CONTROL = "architecture"
OBSERVED = {"outcome": "Died"}


def attack(targets):
    ctypes.string_at(0)
