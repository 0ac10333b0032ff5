"""Finite numbers outside the declared bounds: a little more than everything, huge, less than nothing, a denormal below zero.

Must be observed: malformed, each.
Source: the paper, section 6.3; our own find.
"""

CASES = (1.0000000000000002, 2, 1e308, -1e-9, -5e-324, 2**63, -(2**63))
CASE = 0
NUMBERS = ()
ROLE = "answer"
TASK = "echo"
CONTROL = "architecture"
OBSERVED = {"verdict": "malformed", "value": 0.0}


def algorithm(n):
    return CASES[CASE]
