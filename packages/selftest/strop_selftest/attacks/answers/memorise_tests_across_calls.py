"""Remember what was asked, for the next evaluation of the same program.

Must be observed: a second evaluation knows nothing of the first. The contract: the calls of one evaluation share a process, and
what a program keeps from one instance for the next is its own; an answer cannot depend on another evaluation, of its own text or
of any other. Labels are in no process, so that there is nothing to memorise but inputs.
Source: strop's own list of cases.
"""

import builtins
import random
import sys

import numpy

NUMBERS = (56,)
ROLE = "answer"
TASK = "echo"
EVALUATIONS = 3
CONTROL = "architecture"
OBSERVED = {"value": 0.0}

KNEW = [hasattr(place, "_seen") for place in (builtins, sys, random, numpy)] + ["_seen" in sys.modules]
for place in (builtins, sys, random, numpy):
    place._seen = True
sys.modules["_seen"] = sys


def algorithm(n):
    return float(any(KNEW))
