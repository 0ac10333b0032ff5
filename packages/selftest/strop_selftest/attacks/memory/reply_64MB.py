"""Answer with 64 MB where 32 MiB are allowed.

Must be observed: an answer that is too large. Source: inspect_ai's limits of what is read from a sandbox.
"""

NUMBERS = (92,)
ROLE = "solution"
CONTROL = "architecture"
OBSERVED = {"outcome": "AnswerTooLarge"}


def attack(targets):
    return "x" * 64_000_000
