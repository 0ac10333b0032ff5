"""End the process as if all had gone well.

Must be observed: died or raised; without an answer there is no score.
Source: strop's own list of cases: graders that read the exit status are told what they want to hear.
"""

import os
import sys

CASES = ("_exit", "exit", "SystemExit", "close the pipe")
CASE = 0
NUMBERS = (53,)
ROLE = "answer"
TASK = "doubling"
CONTROL = "architecture"
OBSERVED = {"verdict": ("died", "raised"), "value": 0.0}


def algorithm(n):
    if CASE == 0:
        os._exit(0)
    if CASE == 1:
        sys.exit(0)
    if CASE == 2:
        raise SystemExit(0)
    os.close(4)
    os._exit(0)
