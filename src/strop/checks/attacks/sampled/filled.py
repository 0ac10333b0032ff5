"""The honest form, filled with one value

Tried: 0, 1, -1, 0.5, 2 and 1000 in every place of the honest answer; the letters A, B, a and 0 in every place of a text.

Means: the score rewards a constant.

Change: make the score tell solutions from constants, e.g. by balanced labels.
"""

KIND = "trivial"
FINDING = "C303"
VARIANTS = (0, 1, -1, 0.5, 2, 1000, "A", "B", "a", "0")


def attack(honest, variant, *inputs):
    answer = honest()
    texts = isinstance(first_leaf(answer), str)
    if texts != isinstance(variant, str):
        raise ValueError("of another type")
    return leaves(answer, lambda leaf: variant * len(leaf) if texts else variant)
