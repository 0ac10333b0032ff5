"""Create a file in /dev/shm, by its path and by a descriptor of the folder.

Must be observed: errors. Source: isolate 2.6, which un-shares it.
"""

import os

NUMBERS = (102,)
ROLE = "solution"


def attack(targets):
    name = f"left-behind-{targets['abstract']}"
    folder = os.open("/dev/shm", os.O_RDONLY | os.O_DIRECTORY)
    os.close(os.open(name, os.O_CREAT | os.O_WRONLY, dir_fd=folder))
    os.remove(name, dir_fd=folder)
    return "created"
