"""good assignment: Climb by the first exchange of two places that helps, from several random starts."""
import numpy as np


def climb_by_exchanges(F, D, P, order):
    """The order after no exchange of two places helps, and its value."""
    places = np.arange(len(order))
    current = (F * D[np.ix_(order, order)]).sum() - P[places, order].sum()
    improved = True
    while improved:
        improved = False
        for i in range(len(order)):
            for j in range(i + 1, len(order)):
                order[i], order[j] = order[j], order[i]
                new = (F * D[np.ix_(order, order)]).sum() - P[places, order].sum()
                if new > current + 1e-12:
                    current, improved = new, True
                else:
                    order[i], order[j] = order[j], order[i]
    return order, current


def assign(F, D, P):
    """2-exchange local search for the highest value, five starts."""
    F, D, P = (np.asarray(matrix, dtype=float) for matrix in (F, D, P))
    generator = np.random.default_rng(0)
    found = [climb_by_exchanges(F, D, P, generator.permutation(len(F))) for _ in range(5)]
    best, _ = max(found, key=lambda pair: pair[1])
    return [int(place) for place in best]
