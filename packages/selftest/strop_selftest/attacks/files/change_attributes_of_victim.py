"""Change mode, times and attributes of a file, which Landlock does not restrict.

Must be observed: they are unchanged. Source: Landlock's own documentation, "current limitations".
"""

import os

NUMBERS = (106,)
ROLE = "solution"


def attack(targets):
    done = []
    for name, act in {
        "chmod": lambda: os.chmod(targets["file"], 0o640),
        "utime": lambda: os.utime(targets["file"], (0, 0)),
        "chown": lambda: os.chown(targets["file"], os.getuid(), os.getgid()),
        "setxattr": lambda: os.setxattr(targets["file"], "user.strop", b"x"),
    }.items():
        try:
            act()
        except OSError:
            continue
        done.append(name)
    return f"did {done}" if done else None
