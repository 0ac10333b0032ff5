"""No answer

Tried: None, alone and in every place of the honest answer.

Means: the scorer counts missing answers as right, or skips them.

Change: declare strop.Answer, or raise strop.Malformed for None.
"""

KIND = "unfit"
FINDING = "C301"
VARIANTS = ("alone", "everywhere", "list of one")


def attack(honest, variant, *inputs):
    return {"alone": None, "everywhere": leaves(honest(), lambda leaf: None), "list of one": [None]}[variant]
