"""Tell whether a process of the host runs: by its folder in /proc, and by calls that answer for any number.

Must be observed: errors, where there are namespaces. Source: our own reading of the guest's
filter, which lets calls through that only look.
"""

import os

NUMBERS = ()
ROLE = "solution"
PROTECTION = "existence"


def attack(targets):
    seen = []
    if targets["pid"] == os.getpid():
        return None  # in a pid namespace that number may be our own
    for name, look in {
        "stat": lambda: os.stat(f"/proc/{targets['pid']}"),
        "getpgid": lambda: os.getpgid(targets["pid"]),
        "sched_getaffinity": lambda: os.sched_getaffinity(targets["pid"]),
    }.items():
        try:
            look()
        except OSError:
            continue
        seen.append(name)
    return f"seen by {seen}" if seen else None
