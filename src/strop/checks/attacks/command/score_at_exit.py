"""A printed score after the real one

Tried: the program runs, and prints a better score when Python ends.

Means: the last score is believed.

Change: print one score, and let nothing of the program run after it.
"""

KIND = "forged"
FINDING = "C412"
LANGUAGE = "python"


def attack(given):
    import atexit
    import os

    atexit.register(os.write, 1, given["forged"].encode())
