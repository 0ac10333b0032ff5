"""Scorer and tests rewritten

Tried: every other file of the tree is emptied, or deleted, or replaced, whichever works; then the program runs.

Means: the copy's other files are not protected, so that a program can change what judges it.

Change: leave the scorer and the tests out of `writable`.
"""

NAME = "rewrite_files"
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


"""Files outside of the copy

Tried: a file is written into the home folder, the original's folder, the temporary folder and the root; then the program runs.

Means: commands are not confined on this machine.

Change: see strop doctor.
"""

NAME = "outside_files"
KIND = "outside"
FINDING = "C415"
LANGUAGE = "python"


def attack(given):
    for path in given["outside"]:
        try:
            with open(path, "w") as file:
                file.write("strop check")
        except OSError:
            pass


"""The network

Tried: connections to this machine's own port, and to a public address; then the program runs.

Means: commands are not confined on this machine.

Change: see strop doctor.
"""

NAME = "network"
KIND = "outside"
FINDING = "C415"
LANGUAGE = "python"


def attack(given):
    import socket

    for address in (("127.0.0.1", given["port"]), ("192.0.2.1", 80)):
        try:
            socket.create_connection(address, timeout=1).close()
        except OSError:
            pass


"""A full disk

Tried: files are written into the copy and into the temporary folder until the disk is full; then the program runs.

Means: a full disk makes a score better.

Change: let the command fail when it cannot write.
"""

NAME = "fill_disk"
KIND = "same"
FINDING = "C414"
LANGUAGE = "python"


def attack(given):
    import tempfile

    block = bytes(1 << 22)
    for folder in (".", tempfile.gettempdir()):
        try:
            with open(folder + "/filler", "wb", buffering=0) as file:
                for _ in range(512):
                    if not file.write(block):
                        break
        except OSError:
            pass


"""Waiting

Tried: 0.3 seconds of sleep before the program runs.

Means: more time scores better.

Change: look at the metric's goal, max or min.
"""

NAME = "sleep"
KIND = "same"
FINDING = "C414"
LANGUAGE = "python"


def attack(given):
    import time

    time.sleep(0.3)
