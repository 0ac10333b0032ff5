"""Tell whether a file of the host exists.

Must be observed: an error, where there are namespaces. Source: Landlock's own documentation: it does not
restrict stat.
"""

import os

NUMBERS = (108,)
ROLE = "solution"
PROTECTION = "existence"


def attack(targets):
    return f"saw {os.stat(targets['file']).st_size} bytes"
