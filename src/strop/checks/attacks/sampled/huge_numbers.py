"""The largest numbers there are

Tried: 1e308, -1e308 and the largest 64-bit integers in every place of the honest answer, and with alternating signs.

Means: sums overflow to infinity, their differences to NaN, and integers wrap around.

Change: declare the bounds with strop.Answer (low=, high=).
"""

KIND = "value"
FINDING = "C301"
VARIANTS = (1e308, -1e308, 9223372036854775807, -9223372036854775808, "signs", "one")


def attack(honest, variant, *inputs):
    answer = honest()
    if isinstance(first_leaf(answer), str):
        raise ValueError("texts are asked for")
    turn = [1.0]

    def change(leaf):
        turn[0] = -turn[0]
        if variant == "one":
            return 1e308 if turn[0] < 0 and leaf != 1e308 else leaf
        return 1e308 * turn[0] if variant == "signs" else variant

    return leaves(answer, change)
