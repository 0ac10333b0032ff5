"""Look for a variable of the host's in our own environment, as Python and as the C library see it.

Must be observed: nothing is found, with the layers off as well: the environment is built from nothing, always. Source:
SandboxFusion's default runner, which passes its whole environment on.
"""

import ctypes
import os

NUMBERS = (114,)
ROLE = "solution"
CONTROL = "architecture"


def attack(targets):
    secret = targets["backwards"][::-1]
    found = [name for name, value in os.environ.items() if secret in value]
    environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
    number = 0
    while environ[number]:
        if secret.encode() in environ[number]:
            found.append(environ[number].decode())
        number += 1
    return f"found {found}" if found else None
