"""Look for a variable of the host in the guest's own environment and memory of its start.

Must be observed: nothing is found, with the layers off as well: the environment is built from nothing, always.
Source: SandboxFusion's default runner, which passes its whole environment on.
"""

import os

CONTROL = "contained"


def attack(targets):
    found = [name for name, value in os.environ.items() if value == targets["secret"]]
    return f"found {found}" if found else None
