import itertools
import random

import numpy as np


def value(numbers):
    values = np.sort(np.array(numbers))
    first, second = np.triu_indices(len(values))
    differences = 2 * len(np.unique(values[second] - values[first])) - 1
    sums = len(np.unique(values[second] + values[first]))
    return 1 + np.log(differences / sums) / np.log(2 * values[-1] + 1)


def simplex(places, largest):
    """Vectors of whole numbers of at least 0 with a sum of at most `largest`."""
    return np.array([v for v in itertools.product(range(largest + 1), repeat=places) if sum(v) <= largest])


def construct():
    """A simplex of lattice points, mapped to integers by weights that a random search makes smaller."""
    rng = random.Random(0)
    best, numbers = 0.0, None
    for places, largest in ((4, 6), (5, 4), (6, 3), (5, 5), (6, 4), (7, 3)):
        vectors = simplex(places, largest)
        weights = [(2 * largest + 1) ** place for place in range(places)]
        score = value(vectors @ weights)
        for _ in range(150):
            tried = list(weights)
            place = rng.randrange(1, places)
            tried[place] = max(1, int(tried[place] * rng.uniform(0.7, 1.05)))
            mapped = np.unique(vectors @ tried)
            if value(mapped) > score:
                weights, score = tried, value(mapped)
        if score > best:
            best, numbers = score, np.unique(vectors @ weights)
    return numbers.tolist()
