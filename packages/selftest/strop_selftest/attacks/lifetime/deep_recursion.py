"""Call itself without end.

Must be observed: the guest's own RecursionError. Source: strop's own list of cases, `exit_codes`.
"""

NUMBERS = (80,)
ROLE = "solution"
CONTROL = "architecture"
OBSERVED = {"outcome": "Raised"}


def attack(targets):
    return attack(targets)
