"""Visits cities in a short round tour."""

import math


# EVOLVE-BLOCK-START
def tour(cities):
    """The cities' numbers in the order of the visits: from each to the nearest that is left."""
    left = list(range(1, len(cities)))
    order = [0]
    while left:
        here = cities[order[-1]]
        nearest = min(left, key=lambda number: math.dist(here, cities[number]))
        left.remove(nearest)
        order.append(nearest)
    return order


# EVOLVE-BLOCK-END


def length(cities, order):
    """Of the round tour."""
    return sum(math.dist(cities[a], cities[b]) for a, b in zip(order, order[1:] + order[:1], strict=True))
