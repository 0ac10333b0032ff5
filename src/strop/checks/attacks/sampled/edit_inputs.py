"""Inputs edited in place

Tried: every input is overwritten with zeros, or multiplied, after the honest answer was found.

Means: the score is computed from the instance as the solution left it (a maximum cut of 1,000,000).

Change: nothing if it is harmless: a solution gets copies.
"""

KIND = "same"
FINDING = "C306"
VARIANTS = ("cleared", "multiplied")


def attack(honest, variant, *inputs):
    answer = honest()
    for value in inputs:
        if isinstance(value, np.ndarray):
            value[...] = 0 if variant == "cleared" else (value * 1_000_000).astype(value.dtype)
        elif isinstance(value, list):
            value[:] = [] if variant == "cleared" else value * 10
        elif isinstance(value, dict):
            value.clear()
    return answer
