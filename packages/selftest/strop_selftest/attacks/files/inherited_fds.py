"""Use a descriptor that the host or the fork server left open.

Must be observed: 0 to 4 are open and nothing else, with the layers off as well. Source: strop's own list of cases,
`inherited_fds`.
"""

import fcntl

NUMBERS = (113,)
ROLE = "solution"
CONTROL = "architecture"


def attack(targets):
    found = []
    for descriptor in range(5, 4096):
        try:
            fcntl.fcntl(descriptor, fcntl.F_GETFD)
        except OSError:
            continue
        found.append(descriptor)
    return f"open: {found}" if found else None
