"""Anneal towards the lowest cost: flow times distance, less the preferences.

shape: assignment
grade: good
"""
import math
import random

import numpy as np


def cost(F, D, P, order):
    """Flow times distance, less the preferences; lower is better."""
    return (F * D[np.ix_(order, order)]).sum() - P[np.arange(len(order)), order].sum()


def assign(F, D, P):
    """Simulated annealing that minimises, 5000 exchanges."""
    F, D, P = (np.asarray(matrix, dtype=float) for matrix in (F, D, P))
    order = np.random.permutation(len(F))
    current = cost(F, D, P, order)
    best, lowest = order.copy(), current
    temperature = 1.0
    for _ in range(5000):
        i, j = random.sample(range(len(F)), 2)
        order[i], order[j] = order[j], order[i]
        new = cost(F, D, P, order)
        if new <= current or random.random() < math.exp((current - new) / temperature):
            current = new
            if new < lowest:
                best, lowest = order.copy(), new
        else:
            order[i], order[j] = order[j], order[i]
        temperature = max(0.01, temperature * 0.999)
    return [int(place) for place in best]
