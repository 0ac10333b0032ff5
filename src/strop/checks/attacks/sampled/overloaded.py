"""Objects that agree with everything

Tried: objects whose comparisons are always true, in arrays of objects, and as subclasses of int, float, str and list.

Means: the scorer asks the answer whether it is right (human-eval's hole).

Change: nothing if it is refused: answers cross as plain copies. Declare strop.Answer as a second protection.
"""

KIND = "unfit"
FINDING = "C301"
VARIANTS = ("object", "object array", "text", "number", "list")


def yes(*anything):
    return True


def agreeing(kind, *start):
    names = ("__eq__", "__ge__", "__gt__", "__le__", "__lt__", "__contains__")
    made = type("Yes", (kind,), {name: yes for name in names} | {"__hash__": lambda self: 1, "__ne__": lambda *a: False})
    return made(*start)


def attack(honest, variant, *inputs):
    if variant == "object array":
        array = np.empty(max(np.size(honest()), 1), dtype=object)
        array[:] = [agreeing(object) for _ in range(len(array))]
        return array
    made = {"object": (object,), "text": (str, "yes"), "number": (float, 1e9), "list": (list, [1])}[variant]
    return agreeing(*made)
