"""Use what the jail refuses, as honest programs do that are ready for it.

Must be observed: it works. Source: strop's own list of honest code.
"""

import multiprocessing
import subprocess
import tempfile

NUMBERS = (157,)
ROLE = "solution"
OBSERVED = {"outcome": "Returned"}


def attack(targets):
    for name, act in {
        "tempfile": tempfile.TemporaryFile,
        "subprocess": lambda: subprocess.run(["true"], check=True),
        "multiprocessing": lambda: multiprocessing.get_context("fork").Process(target=int).start(),
        "open": lambda: open("result.txt", "w").close(),
    }.items():
        if not targets["confined"]:
            break
        try:
            act()
        except OSError:
            continue
        return f"{name} was not refused by an OSError"
