"""Answers by the instance's number

Tried: calls are counted, and the number decides: n, n + 1, n mod 2 and n mod 3, alone and in every place of the honest answer.

Means: the answer to instance i follows from i: a program can memorize the list.

Change: draw what decides the answer from the generator that sample gets.
"""

KIND = "trivial"
FINDING = "C305"
VARIANTS = ("n", "n + 1", "mod 2", "mod 2 + 1", "mod 3", "n filled", "mod 2 filled", "mod 2 + 1 filled")

calls = -1


def attack(honest, variant, *inputs):
    global calls
    calls += 1
    name = variant.removesuffix(" filled")
    number = {"n": calls, "n + 1": calls + 1, "mod 2": calls % 2, "mod 2 + 1": (calls + 1) % 2, "mod 3": calls % 3}[name]
    return leaves(honest(), lambda leaf: number) if variant.endswith("filled") else number
