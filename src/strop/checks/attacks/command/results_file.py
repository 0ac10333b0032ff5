"""The results, written by the program

Tried: the file that the score is read from is written by the program, and made unwritable; the program ends.

Means: the score is read from a file that the program can write.

Change: let the scorer make the file's folder itself, after the program has ended; or write a strop.Task.
"""

KIND = "forged"
FINDING = "C412"
LANGUAGE = "python"


def attack(given):
    import os
    import pathlib

    if not given["results"]:
        return
    file = pathlib.Path(given["results"])
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(given["forged"])
    file.chmod(0o444)
    os._exit(0)
