"""Change what every program uses, so that the next one is scored otherwise: builtins, numpy, the guest's own modules.

Must be observed: the next evaluation finds all of it as it was.
Source: strop's own list of cases.
"""

import builtins
import json

import frames
import numpy

NUMBERS = (57,)
ROLE = "answer"
TASK = "echo"
EVALUATIONS = 2
INSTANCES = 1
CONTROL = "architecture"
OBSERVED = {"value": 0.0}


def algorithm(n):
    changed = (
        builtins.sum([1, 2]) != 3 or numpy.add(1, 1) != 2 or json.loads("1") != 1 or frames.plain_data.MOST_DEPTH != 60
    )
    builtins.sum = numpy.add = json.loads = lambda *args, **kwargs: 7
    frames.plain_data.MOST_DEPTH = 61
    return float(changed)
