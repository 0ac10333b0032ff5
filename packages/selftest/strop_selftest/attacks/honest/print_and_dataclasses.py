"""Print, capture what is printed, make data classes, log, and write to standard error.

Must be observed: it works. Source: strop's own list of honest code.
"""

import contextlib
import dataclasses
import io
import logging
import sys

NUMBERS = (157,)
ROLE = "solution"
OBSERVED = {"outcome": "Returned"}


def attack(targets):
    @dataclasses.dataclass(order=True)
    class Point:
        x: int
        y: int = 0

    with contextlib.redirect_stdout(io.StringIO()) as kept:
        print(Point(1))
    print("to nobody")
    print("to nobody", file=sys.stderr)
    logging.getLogger("honest").warning("to nobody")
    if "Point(x=1, y=0)" not in kept.getvalue() or not Point(1) < Point(2):
        return "wrong"
