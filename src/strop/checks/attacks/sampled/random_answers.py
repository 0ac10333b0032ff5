"""Random answers

Tried: the values of the honest answer, shuffled, and coins in its form.

Means: chance is the floor to which the seed must be compared.

Change: nothing, unless chance is perfect.
"""

KIND = "trivial"
FINDING = "C303"
VARIANTS = ("shuffled", "coins")


def attack(honest, variant, *inputs):
    import random

    answer = plain(honest())
    if variant == "coins":
        if isinstance(first_leaf(answer), str):
            raise ValueError("texts are asked for")
        return leaves(answer, lambda leaf: random.randint(0, 1))
    values = list(answer)
    random.shuffle(values)
    return "".join(values) if isinstance(answer, str) else values
