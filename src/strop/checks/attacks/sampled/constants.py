"""Constants

Tried: 0, 1, -1, 0.5, truth values and short texts, whatever the inputs are.

Means: an instance's answer is always the same, or the score does not look at it.

Change: make the score tell solutions from constants.
"""

KIND = "trivial"
FINDING = "C303"
VARIANTS = (0, 1, -1, 2, 0.5, 1.0, True, False, "0", "a", "A", " ", "yes", "True", [0], [1], [0, 0], [1, 1], {"answer": 0})


def attack(honest, variant, *inputs):
    return variant
