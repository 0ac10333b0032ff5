"""Zeros, ones and counts of an input's length

Tried: for each of the first three inputs: all 0, all 1, 0 and 1 by turns, half and half, and 0 to n - 1; with one more too.

Means: an answer that depends on a length alone is right.

Change: make the score tell solutions from constants.
"""

KIND = "trivial"
FINDING = "C303"
VARIANTS = (
    (0, "zeros"), (0, "ones"), (0, "turns"), (0, "halves"), (0, "counts"), (0, "one more"),
    (1, "zeros"), (1, "ones"), (1, "turns"), (1, "counts"),
    (2, "zeros"), (2, "ones"), (2, "turns"), (2, "counts"),
)  # fmt: skip


def attack(honest, variant, *inputs):
    which, what = variant
    n = len(inputs[which])
    return {
        "zeros": [0] * n,
        "ones": [1] * n,
        "turns": [i % 2 for i in range(n)],
        "halves": [int(2 * i < n) for i in range(n)],
        "counts": list(range(n)),
        "one more": [0] * (n + 1),
    }[what]
