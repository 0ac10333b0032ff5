"""One value instead of many

Tried: the first element of the honest answer alone, as a number and as a list or array of one.

Means: the scorer broadcasts one value over all labels, or compares only as far as the shorter one goes.

Change: declare the shape with strop.Answer.
"""

KIND = "form"
FINDING = "C301"
VARIANTS = ("scalar", "list", "array")


def attack(honest, variant, *inputs):
    answer = honest()
    if not isinstance(answer, (list, np.ndarray)) or np.size(answer) < 2:
        raise ValueError("the honest answer is one value")
    value = first_leaf(answer)
    return {"scalar": value, "list": [value], "array": np.array([value])}[variant]
