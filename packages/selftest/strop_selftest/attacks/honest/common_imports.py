"""Import the modules that programs use most, inside the entry point.

Must be observed: it works. Source: strop's own list of honest code.
"""

NUMBERS = (153,)
ROLE = "solution"
OBSERVED = {"outcome": "Returned"}


def attack(targets):
    import collections
    import functools
    import heapq
    import itertools
    import json
    import math
    import random
    import re
    import statistics
    import string
    import textwrap

    import numpy.linalg
    import numpy.random

    if statistics.mean([1, 3]) != 2 or math.comb(4, 2) != 6 or len(string.ascii_letters) != 52:
        return "wrong"
    if json.loads("[1]") != [1] or heapq.nsmallest(1, [2, 1]) != [1] or not re.match("a", "a"):
        return "wrong"
    if not numpy.random.default_rng(0) or not random.Random(0) or not textwrap.wrap("a"):
        return "wrong"
    del collections, functools, itertools
