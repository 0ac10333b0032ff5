"""Make a new root and walk out of the old one through a descriptor.

Must be observed: an error. Source: the classic way out of a chroot.
"""

import os

NUMBERS = (111,)
ROLE = "solution"


def attack(targets):
    os.chroot(".")
    return "changed the root"
