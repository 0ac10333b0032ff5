"""Scorer and tests rewritten

Tried: every other file of the tree is emptied, or deleted, or replaced, whichever works; then the program runs.

Means: the copy's other files are not protected, so that a program can change what judges it.

Change: leave the scorer and the tests out of `writable`.
"""

KIND = "tampered"
FINDING = "C413"
LANGUAGE = "python"


def attack(given):
    import os

    for path in given["others"]:
        for act in (lambda p: open(p, "w").close(), os.unlink, lambda p: os.rename(given["own"], p)):
            try:
                act(path)
                break
            except OSError:
                pass
