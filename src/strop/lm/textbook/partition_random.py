"""mediocre partition: Throw a coin for every node."""
import random


def partition(weights):
    """A random partition: half of the weight is cut on average."""
    return [random.randint(0, 1) for _ in range(len(weights))]
