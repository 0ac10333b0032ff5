"""The input, echoed

Tried: each of the first four inputs, as it is, reversed, sorted and complemented (1 - x).

Means: the inputs contain the answer.

Change: leave the labels out of the inputs: sample returns (inputs, hidden).
"""

KIND = "trivial"
FINDING = "C303"
VARIANTS = (
    (0, "as it is"), (0, "reversed"), (0, "sorted"), (0, "complement"),
    (1, "as it is"), (1, "reversed"), (1, "sorted"), (1, "complement"),
    (2, "as it is"), (2, "reversed"), (2, "complement"),
    (3, "as it is"), (3, "complement"),
)  # fmt: skip


def attack(honest, variant, *inputs):
    which, how = variant
    value = inputs[which]
    if how == "as it is":
        return value
    if how == "complement":
        return 1 - np.asarray(value)
    turned = value[::-1] if how == "reversed" else sorted(value)
    return "".join(turned) if isinstance(value, str) else turned
