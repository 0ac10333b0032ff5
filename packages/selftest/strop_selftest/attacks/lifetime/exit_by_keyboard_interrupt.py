"""Raise KeyboardInterrupt, which many graders let end them.

Must be observed: an outcome that says so, no value, and a host that goes on. Source: strop's own list of cases, `exit_codes`.
"""

NUMBERS = (80,)
ROLE = "solution"
CONTROL = "architecture"
OBSERVED = {"outcome": "Raised"}


def attack(targets):
    raise KeyboardInterrupt
