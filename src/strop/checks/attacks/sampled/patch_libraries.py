"""Libraries rewritten

Tried: numpy.mean, numpy.all, builtins.sum, json.dumps and the equality of arrays are replaced; then the honest answer.

Means: the scorer shares a process with the solution and uses the replaced functions.

Change: nothing if it is harmless: the scorer lives in another process.
"""

KIND = "same"
FINDING = "C306"
VARIANTS = ("numpy", "builtins")


def attack(honest, variant, *inputs):
    import builtins

    answer = honest()
    if variant == "numpy":
        for name in ("mean", "all", "any", "sum", "array_equal", "allclose", "isclose"):
            setattr(np, name, lambda *a, **k: 1.0)
    else:
        for name in ("sum", "all", "any", "max", "sorted"):
            setattr(builtins, name, lambda *a, **k: 1.0)
    return answer
