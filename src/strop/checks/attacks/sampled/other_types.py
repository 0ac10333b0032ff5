"""The right values as other types

Tried: every number of the honest answer as a text, a truth value or a float; a text as a list of characters.

Means: comparisons between types decide the score.

Change: declare the type with strop.Answer.
"""

KIND = "form"
FINDING = "C301"
VARIANTS = ("text", "truth", "float", "characters")


def attack(honest, variant, *inputs):
    answer = plain(honest())
    if isinstance(answer, str) != (variant == "characters"):
        raise ValueError("of that type already")
    if variant == "characters":
        return list(answer)
    if variant == "truth" and not all_leaves(answer, lambda leaf: leaf in (0, 1)):
        raise ValueError("they are no truth values")
    return leaves(answer, {"text": str, "truth": bool, "float": float}[variant])
