"""Change the limits of the parent.

Must be observed: an error. Source: strop's own list of cases, `prlimit_parent`.
"""

import os
import resource

NUMBERS = (141,)
ROLE = "solution"


def attack(targets):
    resource.prlimit(os.getppid(), resource.RLIMIT_CORE, (0, 0))
    return "changed a limit of the parent's"
