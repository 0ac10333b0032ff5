"""Give every facility, one after the other, the free place that it likes most.

shape: assignment
grade: mediocre
"""
import numpy as np


def assign(F, D, P):
    """Greedy by preference alone; flows and distances are not looked at."""
    preferences = np.asarray(P, dtype=float)
    free = list(range(len(preferences)))
    order = []
    for facility in range(len(preferences)):
        place = max(free, key=lambda each: preferences[facility, each])
        free.remove(place)
        order.append(place)
    return order
