"""The results, written by the program

Tried: the files that scores are read from are written by the program, and made unwritable; the program ends.

Means: the score is read from a file that the program can write.

Change: let the scorer make the file's folder itself, after the program has ended; or write a strop.Task.
"""

KIND = "forged"
FINDING = "C412"
LANGUAGE = "python"


def attack(given):
    import os
    import pathlib

    for path, content in given["documents"].items():
        file = pathlib.Path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        file.chmod(0o444)
    os.write(1, given["output"].encode())
    os._exit(0)
