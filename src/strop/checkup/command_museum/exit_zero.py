"""Exit with success at once

Tried: os._exit(0) where the program begins.

Means: exit status 0 counts as done, so that the fastest program is one that does nothing.

Change: print the score after the work is done, and read it; or require a metric that only the work can give.
"""

KIND = "nothing"
FINDING = "C411"
LANGUAGE = "python"


def attack(given):
    import os

    os._exit(0)
