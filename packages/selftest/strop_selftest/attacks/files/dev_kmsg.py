"""Open the kernel's log for writing, and other devices that every machine has.

Must be observed: errors. Source: strop's own list of cases, `dev_kmsg`.
"""

import os

NUMBERS = (110,)
ROLE = "solution"


def attack(targets):
    opened = []
    for name in ("/dev/kmsg", "/dev/mem", "/dev/ptmx", "/dev/fuse", "/dev/net/tun", "/dev/kvm"):
        try:
            os.close(os.open(name, os.O_WRONLY | os.O_NOCTTY))
        except OSError:
            continue
        opened.append(name)
    return f"opened {opened}" if opened else None
