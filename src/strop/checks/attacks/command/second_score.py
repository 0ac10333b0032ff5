"""A second score

Tried: a better score is printed, in the scorer's own form, on standard output and on every other open descriptor; then the program runs.

Means: the score is read from output that the program writes too, and the last or the first one counts.

Change: nothing if it is refused; otherwise let the command write the score to a file that only it can write.
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
