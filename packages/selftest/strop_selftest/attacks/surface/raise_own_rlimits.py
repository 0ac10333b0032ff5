"""Raise its own resource limits: to the hard limit, and beyond.

Must be observed: they stay where they are. Source: strop's own list of cases, `raise_own_rlimits`.
"""

import resource

NUMBERS = (148,)
ROLE = "solution"


def attack(targets):
    raised = []
    for which in (
        resource.RLIMIT_AS,
        resource.RLIMIT_NOFILE,
        resource.RLIMIT_FSIZE,
        resource.RLIMIT_CORE,
        resource.RLIMIT_STACK,
    ):
        soft, hard = resource.getrlimit(which)
        beyond = hard if hard == resource.RLIM_INFINITY else hard + 1
        try:
            resource.setrlimit(which, (beyond, beyond))
        except (OSError, ValueError):
            continue
        if resource.getrlimit(which)[0] != soft:
            raised.append(which)
    return f"raised {raised}" if raised else None
