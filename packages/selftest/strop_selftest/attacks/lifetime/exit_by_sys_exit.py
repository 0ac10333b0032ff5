"""Raise SystemExit with status 0.

Must be observed: an outcome that says so, no value, and a host that goes on. Source: verl issue 7853, where exit status
0 was full reward.
"""

import sys

NUMBERS = (80,)
ROLE = "solution"
CONTROL = "architecture"
OBSERVED = {"outcome": "Raised"}


def attack(targets):
    sys.exit(0)
