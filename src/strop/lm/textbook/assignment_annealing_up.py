"""Anneal: exchange two places at random, accept losses with a chance that falls with the temperature, and climb.

shape: assignment
grade: good
"""
import math
import random

import numpy as np


def value(F, D, P, order):
    """Flow times distance, less the preferences; higher is better."""
    return (F * D[np.ix_(order, order)]).sum() - P[np.arange(len(order)), order].sum()


def assign(F, D, P):
    """Simulated annealing that maximises, 6000 exchanges."""
    F, D, P = (np.asarray(matrix, dtype=float) for matrix in (F, D, P))
    order = np.random.permutation(len(F))
    current = value(F, D, P, order)
    best, best_value = order.copy(), current
    temperature = 1.0
    for _ in range(6000):
        i, j = random.sample(range(len(F)), 2)
        order[i], order[j] = order[j], order[i]
        new = value(F, D, P, order)
        if new >= current or random.random() < math.exp((new - current) / temperature):
            current = new
            if new > best_value:
                best, best_value = order.copy(), new
        else:
            order[i], order[j] = order[j], order[i]
        temperature = max(0.01, temperature * 0.999)
    return [int(place) for place in best]
