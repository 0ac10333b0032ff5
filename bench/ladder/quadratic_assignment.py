"""Quadratic assignment: programs of `bench/ladder.py`."""

import math
import time

import numpy as np


def random_search(flows, distances):
    """the best of many random assignments"""
    end, best, lowest = time.process_time() + 0.8, None, math.inf
    while time.process_time() < end:
        places = np.random.permutation(len(flows))
        cost = (flows * distances[np.ix_(places, places)]).sum()
        if cost < lowest:
            best, lowest = places, cost
    return best


def exchanges(flows, distances):
    """the best exchange of two facilities until none helps, once"""
    return _descended(flows, distances, np.random.permutation(len(flows)))


def restarts(flows, distances):
    """the same from many random assignments"""
    end, best, lowest = time.process_time() + 0.8, None, math.inf
    while time.process_time() < end:
        places = _descended(flows, distances, np.random.permutation(len(flows)), end)
        cost = (flows * distances[np.ix_(places, places)]).sum()
        if cost < lowest:
            best, lowest = places, cost
    return best


def tabu(flows, distances):
    """reference: robust tabu search (Taillard 1991) from new random assignments whenever it is stuck"""
    end, n, rng = time.process_time() + 0.85, len(flows), np.random.default_rng()
    flows, distances = flows.astype(float), distances.astype(float)
    places = rng.permutation(n)
    placed = distances[np.ix_(places, places)]
    products = flows @ placed
    cost = best_cost = (flows * placed).sum()
    best, until, step, since, low = places.copy(), np.zeros((n, n)), 0, 0, cost
    lower, barred_until = np.tri(n, dtype=bool), np.zeros((n, n))
    while time.process_time() < end:
        step += 1
        own = np.diagonal(products)
        changes = products + products.T + 2 * flows * placed
        changes -= own[:, None]
        changes -= own
        changes *= 2
        np.take(until, places, axis=1, out=barred_until)
        barred = np.minimum(barred_until, barred_until.T) > step
        barred &= changes + cost >= best_cost
        changes[barred | lower] = np.inf
        i, j = divmod(int(changes.argmin()), n)
        until[i, places[i]], until[j, places[j]] = step + rng.integers(n // 2, 3 * n // 2, 2)
        cost += changes[i, j]
        places[i], places[j] = places[j], places[i]
        products += np.outer(flows[:, i] - flows[:, j], placed[j] - placed[i])
        for matrix in (placed, products):
            matrix[:, [i, j]] = matrix[:, [j, i]]
        placed[[i, j]] = placed[[j, i]]
        if cost < best_cost:
            best, best_cost = places.copy(), cost
        since = 0 if cost < low else since + 1
        low = min(low, cost)
        if since > 3 * n:
            places = rng.permutation(n)
            placed = distances[np.ix_(places, places)]
            products = flows @ placed
            cost = low = (flows * placed).sum()
            since, until = 0, np.zeros((n, n))
    return best


def _changes(flows, distances, places):
    """Change of the cost by exchanging facilities i and j."""
    products = flows @ distances[np.ix_(places, places)]
    own = np.diagonal(products)
    return 2 * (products + products.T - own[:, None] - own + 2 * flows * distances[np.ix_(places, places)])


def _descended(flows, distances, places, end=math.inf):
    flows, distances, n = flows.astype(float), distances.astype(float), len(flows)
    while True:
        changes = _changes(flows, distances, places)
        i, j = divmod(int(changes.argmin()), n)
        if changes[i, j] >= 0 or time.process_time() > end:
            return places
        places[i], places[j] = places[j], places[i]


LADDER = (random_search, exchanges, restarts, tabu)
