"""Undo what ties us to our parent and hides our memory: the signal at its death, and whether we may be traced.

Must be observed: errors. Source: strop's own list of cases, `clear_pdeathsig_or_dumpable`.
"""

import ctypes

NUMBERS = (147,)
ROLE = "solution"
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_PTRACER, PR_SET_CHILD_SUBREAPER = 1, 4, 0x59616D61, 36


def attack(targets):
    libc, done = ctypes.CDLL(None), []
    for option, value in (
        (PR_SET_PDEATHSIG, 0),
        (PR_SET_DUMPABLE, 1),
        (PR_SET_PTRACER, -1),
        (PR_SET_CHILD_SUBREAPER, 1),
    ):
        if libc.prctl(option, value, 0, 0, 0) == 0:
            done.append(option)
    return f"set {done}" if done else None
