"""Integers of 400 digits

Tried: 10**400 and -10**400, alone and in every place of the honest answer.

Means: the scorer's arithmetic overflows, or takes minutes.

Change: declare strop.Answer: its integers fit into 64 bits.
"""

KIND = "unfit"
FINDING = "C301"
VARIANTS = (1, -1, 0)


def attack(honest, variant, *inputs):
    return 10**400 if variant == 0 else leaves(honest(), lambda leaf: variant * 10**400)
