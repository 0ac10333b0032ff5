"""Files outside of the copy

Tried: a file is written into the home folder, the original's folder, the temporary folder and the root; then the program runs.

Means: commands are not confined on this machine.

Change: see strop doctor.
"""

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
