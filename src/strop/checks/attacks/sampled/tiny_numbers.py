"""Denormal numbers and negative zero

Tried: 5e-324, 2.2e-308 and -0.0 in every place of the honest answer.

Means: divisions by the answer overflow, and the sign of zero decides.

Change: declare the bounds or the values with strop.Answer.
"""

KIND = "value"
FINDING = "C301"
VARIANTS = (5e-324, 2.2e-308, -0.0)


def attack(honest, variant, *inputs):
    answer = honest()
    if isinstance(first_leaf(answer), str):
        raise ValueError("texts are asked for")
    return leaves(answer, lambda leaf: variant)
