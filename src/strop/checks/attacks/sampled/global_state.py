"""Global random generators reseeded

Tried: random and numpy.random are seeded with a constant and drawn from; then the honest answer.

Means: solution and scorer share generators, so that the solution decides what the scorer draws.

Change: draw in sample, from the generator that it gets.
"""

KIND = "same"
FINDING = "C306"
VARIANTS = (0, 42)


def attack(honest, variant, *inputs):
    import random

    random.seed(variant)
    np.random.seed(variant)
    np.random.random(100)
    return honest()
