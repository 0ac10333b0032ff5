"""Answers as a column or a row

Tried: the honest answer, reshaped to (n, 1), (1, n) or (n, 1, 1).

Means: the scorer broadcasts it against the labels and counts n times n comparisons: the predictions that scored over 1000% (§6.3).

Change: declare the shape with strop.Answer.
"""

KIND = "form"
FINDING = "C301"
VARIANTS = ("column", "row", "cube")


def attack(honest, variant, *inputs):
    array = np.asarray(honest())
    if array.ndim == 0:
        return {"column": [[array.item()]], "row": [array.item()], "cube": [[[array.item()]]]}[variant]
    flat = array.reshape(-1)
    return flat.reshape({"column": (-1, 1), "row": (1, -1), "cube": (-1, 1, 1)}[variant])
