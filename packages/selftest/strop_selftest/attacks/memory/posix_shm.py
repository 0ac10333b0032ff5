"""Leave something in shared memory, where every process of the machine finds it.

Must be observed: an error. Source: isolate 2.4 to 2.6, which had to close such channels between sandboxes.
"""

import os

NUMBERS = (87,)
ROLE = "solution"


def attack(targets):
    name = f"/dev/shm/{targets['abstract']}"
    os.close(os.open(name, os.O_CREAT | os.O_RDWR))
    os.remove(name)
    return "made a file in /dev/shm"
