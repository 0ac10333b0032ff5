"""Solve linear equations and sort a million numbers.

Must be observed: it works. Source: strop's own list of honest code.
"""

import numpy

NUMBERS = (154,)
ROLE = "solution"
OBSERVED = {"outcome": "Returned"}


def attack(targets):
    generator = numpy.random.default_rng(0)
    matrix, right = generator.normal(size=(50, 50)), generator.normal(size=50)
    if not numpy.allclose(matrix @ numpy.linalg.solve(matrix, right), right):
        return "wrong solution"
    if numpy.any(numpy.diff(numpy.sort(generator.random(1_000_000))) < 0):
        return "wrong order"
    numpy.linalg.svd(matrix)
    numpy.fft.fft(right)
