"""Raise an exception whose message has 32 MB.

Must be observed: an exception with a message that is cut. Source: strop's own list of cases, `exception_message_32MB`.
"""

NUMBERS = (93,)
ROLE = "solution"
CONTROL = "architecture"
OBSERVED = {"outcome": "Raised"}


def attack(targets):
    raise ValueError("x" * 32_000_000)
