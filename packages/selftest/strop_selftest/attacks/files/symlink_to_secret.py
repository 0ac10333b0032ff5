"""Read a secret through a symbolic link of our own making.

Must be observed: errors, and no link. Source: sandlock issue 112, a supervisor that followed links out of its sandbox.
"""

import os

NUMBERS = (107,)
ROLE = "solution"


def attack(targets):
    link = os.path.join(targets["folder"], "link-by-guest")
    os.symlink(targets["file"], link)
    with open(link) as file:
        return "read " + file.read()
