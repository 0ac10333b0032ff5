"""A printed score, and the end

Tried: a better score is printed, in the scorer's own form, on standard output and on every other open descriptor; then os._exit(0).

Means: program and scorer share a process, or at least their output; the first to print is believed.

Change: run the program as a process of its own whose output the scorer reads, and print the score there; or write a strop.Task.
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
    os._exit(0)
