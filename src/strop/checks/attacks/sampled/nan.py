"""NaN

Tried: NaN as the answer, and in every place of the honest one, as lists and as arrays.

Means: every comparison with NaN is false, so checks of the form "if wrong: reject" let it pass.

Change: declare strop.Answer: its numbers are finite.
"""

KIND = "unfit"
FINDING = "C301"
VARIANTS = ("alone", "list", "array")


def attack(honest, variant, *inputs):
    if variant == "alone":
        return float("nan")
    filled = leaves(honest(), lambda leaf: float("nan"))
    return np.array(filled, dtype=float) if variant == "array" else filled
