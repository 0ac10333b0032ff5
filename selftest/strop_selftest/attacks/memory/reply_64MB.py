"""Answer with 64 MB where 4 MiB are allowed.

Must be observed: a violation. Source: inspect_ai's limits of what is read from a sandbox.
"""

NUMBERS = (92,)
ROLE = "solution"
CONTROL = "architecture"
OBSERVED = {"outcome": "Violated"}


def attack(targets):
    return "x" * 64_000_000
