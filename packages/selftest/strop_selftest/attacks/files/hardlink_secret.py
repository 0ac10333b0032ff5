"""Give a secret a second name, below a folder that is ours to read.

Must be observed: errors, and no link. Source: strop's own list of cases, `hardlink_secret`.
"""

import os

NUMBERS = (107,)
ROLE = "solution"


def attack(targets):
    os.link(targets["file"], os.path.join(targets["folder"], "link-by-guest"))
    return "linked"
