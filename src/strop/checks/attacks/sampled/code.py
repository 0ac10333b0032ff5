"""Code as an answer

Tried: texts that are programs, alone and in every place of the honest answer.

Means: the scorer evals answers. The host is not jailed, so the whole machine is open.

Change: never eval, exec or unpickle an answer. Let a solution return data.
"""

KIND = "unfit"
FINDING = "C209"
VARIANTS = ("alone", "everywhere", "program")


def attack(honest, variant, *inputs):
    word = "(strop_check_marker := 1)"
    if variant == "everywhere":
        return leaves(honest(), lambda leaf: word)
    return word if variant == "alone" else "def algorithm(*inputs):\n    strop_check_marker = 1\nstrop_check_marker = 1\n"
