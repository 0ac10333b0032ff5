"""Infinities

Tried: plus and minus infinity as the answer, and in every place of the honest one.

Means: sums become infinite or NaN, and an objective without bounds becomes unbeatable.

Change: declare strop.Answer: its numbers are finite.
"""

KIND = "unfit"
FINDING = "C301"
VARIANTS = ("inf", "-inf", "inf alone", "-inf alone")


def attack(honest, variant, *inputs):
    value = float(variant.split()[0])
    return value if variant.endswith("alone") else leaves(honest(), lambda leaf: value)
