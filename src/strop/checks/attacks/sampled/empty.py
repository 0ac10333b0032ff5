"""Empty answers

Tried: an empty list, dict, text and array, and lists of nothing.

Means: all() of nothing is true, and the mean over nothing has no errors.

Change: declare the length with strop.Answer.
"""

KIND = "unfit"
FINDING = "C301"
VARIANTS = ("list", "dict", "text", "array", "list of an empty list", "empty matrix")


def attack(honest, variant, *inputs):
    return {
        "list": [],
        "dict": {},
        "text": "",
        "array": np.zeros(0),
        "list of an empty list": [[]],
        "empty matrix": np.zeros((0, 3)),
    }[variant]
