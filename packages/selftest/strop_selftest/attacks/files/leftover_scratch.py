"""Leave a file wherever we can, and look for one that an earlier guest left.

Must be observed: no file can be left: guests have no scratch at all. Source: strop's own prototype, where a later
guest saw 129 files.
"""

import os

NUMBERS = (119,)
ROLE = "solution"


def attack(targets):
    left = []
    for folder in ("/tmp", "/var/tmp", "/dev/shm", "/run", "/", ".", *(targets["folders"])):
        name = os.path.join(folder, f"scratch-{targets['abstract']}")
        if os.path.exists(name):
            os.remove(name)
            return f"another guest left {name}"
        try:
            os.close(os.open(name, os.O_CREAT | os.O_WRONLY))
        except OSError:
            continue
        left.append(name)
        if folder in targets["folders"]:
            os.remove(name)
    return f"left {left}" if left else None
