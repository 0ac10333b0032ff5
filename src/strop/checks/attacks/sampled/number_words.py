"""The texts "nan", "inf" and "1e999"

Tried: texts in the place of numbers: the wire lets texts pass, and float() and numpy read them as NaN or infinity.

Means: the scorer's own conversion lets in what the jail keeps out.

Change: declare strop.Answer, which keeps texts apart from numbers; or check converted numbers with math.isfinite.
"""

KIND = "unfit"
FINDING = "C301"
VARIANTS = ("nan", "inf", "-inf", "1e999", "nan alone", "inf alone", "-inf alone")


def attack(honest, variant, *inputs):
    answer, word = honest(), variant.split()[0]
    if isinstance(first_leaf(answer), str):
        raise ValueError("texts are what is asked for")
    return word if variant.endswith("alone") else leaves(answer, lambda leaf: word)
