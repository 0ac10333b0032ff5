"""Make a file in memory, which no path names and no limit of files counts.

Must be observed: an error. Source: isolate 2.4 to 2.6, which had to close such channels between sandboxes.
"""

import os

NUMBERS = (85,)
ROLE = "solution"


def attack(targets):
    os.close(os.memfd_create("left-behind"))
    return "made a file in memory"
