"""Throw a coin for every node.

shape: partition
grade: mediocre
"""
import random


def partition(weights):
    """A random partition: half of the weight is cut on average."""
    return [random.randint(0, 1) for _ in range(len(weights))]
