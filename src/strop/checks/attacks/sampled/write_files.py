"""Files that a scorer could read

Tried: the honest answer, after new files were written beside the task, in the current and the temporary folder, and where the scorer reads.

Means: a solution can leave a verdict, or change what the scorer reads (a daemon that rewrites the reward file).

Change: see strop doctor: the jail must forbid writing.
"""

KIND = "files"
FINDING = "C307"
VARIANTS = ()


def attack(honest, variant, *inputs):
    for path in variant:
        try:
            with open(path, "w") as file:
                file.write("1.0")
        except OSError:
            pass
    return honest()
