"""Exit with success at once

Tried: os._exit(0) where the program begins.

Means: exit status 0 counts as done, so that the fastest program is one that does nothing.

Change: let the command print its answer, which is then compared with the original's, or require tests (--require-metric tests=1).
"""

KIND = "nothing"
FINDING = "C411"
LANGUAGE = "python"


def attack(given):
    import os

    os._exit(0)
