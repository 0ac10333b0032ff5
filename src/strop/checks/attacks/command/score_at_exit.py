"""A printed score after the real one

Tried: the program runs with its output swallowed; what the original prints is written when Python ends, with a better score.

Means: the score is read from output that the program writes, and comes out of its own process.

Change: run the program as a process of its own whose output the scorer reads, and print the score there; or write a strop.Task.
"""

KIND = "forged"
FINDING = "C412"
LANGUAGE = "python"


def attack(given):
    import atexit
    import os

    own, null = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)

    def end():
        os.write(own, given["forged"].encode())
        os._exit(0)

    atexit.register(end)
