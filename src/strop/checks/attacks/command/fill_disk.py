"""A full disk

Tried: files are written into the copy and into the temporary folder until the disk is full; then the program runs.

Means: a full disk makes a score better.

Change: let the command fail when it cannot write.
"""

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
