"""Compute inside one call of C code that never lets Python's own interrupts in.

Must be observed: killed at the limit. Source: strop's own list of cases, `c_loop_holding_gil`.
"""

NUMBERS = (63,)
ROLE = "solution"
LIMITS = {"cpu_seconds": 0.1}


def attack(targets):
    return f"computed {sum(range(5 * 10**7))}"
