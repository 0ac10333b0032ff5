"""A second score

Tried: a better score is printed, in the scorer's own form, on standard output and on every other open descriptor; then the program runs.

Means: the score is read from what the program may write, and the last or the first one counts.

Change: nothing to change if it is refused; otherwise let the command print the score to a file that only it writes.
"""

KIND = "forged"
FINDING = "C412"
LANGUAGE = "python"


def attack(given):
    import os

    for descriptor in range(1, 16):
        try:
            os.write(descriptor, given["forged"].encode())
        except OSError:
            pass
