"""Flip the variable that leaves the fewest clauses violated, whichever it is (GSAT).

shape: sat
grade: mediocre
"""
import random

import numpy as np


def satisfy(clauses):
    """GSAT, 60 flips from one random assignment; the best assignment seen."""
    size = max((abs(literal) for clause in clauses for literal in clause), default=0)
    signs = np.zeros((len(clauses), size + 1), dtype=int)
    for index, clause in enumerate(clauses):
        for literal in clause:
            signs[index, abs(literal)] = 1 if literal > 0 else -1
    values = np.array([-1] + [random.choice((-1, 1)) for _ in range(size)])
    best, fewest = values.copy(), len(clauses) + 1
    for _ in range(60):
        true = signs * values > 0
        counts = true.sum(axis=1)
        false = int((counts == 0).sum())
        if false < fewest:
            best, fewest = values.copy(), false
        if false == 0:
            break
        makes = (signs[counts == 0] != 0).sum(axis=0)
        breaks = true[counts == 1].sum(axis=0)
        gains = (makes - breaks)[1:]
        variable = 1 + int(random.choice(np.flatnonzero(gains == gains.max())))
        values[variable] = -values[variable]
    return [bool(value > 0) for value in best]
