"""Draw from the generators as they were found.

Must be observed: the same place of a run draws the same numbers, every other place and every other instance draws others.
Source: strop's own list of cases: a score that cannot be had again cannot be checked.
"""

import random

import numpy as np

NUMBERS = (58,)
ROLE = "answer"
TASK = "echo"
CONTROL = "architecture"
OBSERVED = {"reproducible": True}


def algorithm(n):
    return (random.random() + np.random.random()) / 2
