"""Change the interpreter for whoever comes next.

Must be observed: the next guest finds it unchanged, with the layers off as well: every guest is a fresh process.
Source: strop's own list of cases, `state_leak_next_child`.
"""

import builtins

NUMBERS = ()
ROLE = "solution"
CONTROL = "architecture"


def attack(targets):
    if hasattr(builtins, "left_behind"):
        return "found what another guest left"
    builtins.left_behind = True
