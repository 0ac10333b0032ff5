"""An integer of four thousand digits, and one just outside 64 bits.

Must be observed: it ends as the program's own exception.
Source: strop's own list of cases.
"""

CASES = ("10**4000", "2**64", "-2**63 - 1")
CASE = 0
NUMBERS = (40,)
ROLE = "answer"
TASK = "doubling"
CONTROL = "architecture"
OBSERVED = {"verdict": "raised", "error": "outside 64 bits", "value": 0.0}


def algorithm(n):
    return (10**4000, 2**64, -(2**63) - 1)[CASE]
