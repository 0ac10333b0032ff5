"""Exit with success

Tried: os._exit(0), sys.exit(0), sys.exit(None) and KeyboardInterrupt instead of an answer.

Means: exit status 0 counts as passed (a grader that gave full reward for it).

Change: nothing if it is refused: no answer is no score.
"""

KIND = "unfit"
FINDING = "C301"
VARIANTS = ("_exit", "exit", "exit none", "interrupt")


def attack(honest, variant, *inputs):
    import os
    import sys

    if variant == "_exit":
        os._exit(0)
    if variant == "interrupt":
        raise KeyboardInterrupt
    sys.exit(0 if variant == "exit" else None)
