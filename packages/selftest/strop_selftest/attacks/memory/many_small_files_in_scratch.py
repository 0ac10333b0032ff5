"""Make files wherever a program usually may, to use up the disk or its inodes.

Must be observed: not one is made: there is no scratch. Source: codejail, whose own tests admit that many small files
are not stopped.
"""

import os

NUMBERS = (94,)
ROLE = "solution"


def attack(targets):
    made = []
    for folder in ("/tmp", "/var/tmp", "/dev/shm", "/run", "/", ".", os.environ.get("HOME", "/root")):
        for number in range(10):
            name = os.path.join(folder, f"left-behind-{targets['abstract']}-{number}")
            try:
                os.close(os.open(name, os.O_CREAT | os.O_WRONLY))
            except OSError:
                break
            made.append(name)
            os.remove(name)
    return f"made {len(made)} files" if made else None
