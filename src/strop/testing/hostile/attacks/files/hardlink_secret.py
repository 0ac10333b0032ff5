"""Give a secret a second name, below a folder that is ours to read.

Must be observed: errors, and no link. Source: the field study's `hardlink_secret`.
"""

import os

NUMBERS = (107,)
ROLE = "solution"


def attack(targets):
    os.link(targets["file"], os.path.join(targets["folder"], "link-by-guest"))
    return "linked"
