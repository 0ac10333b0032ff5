"""Scores a program that plans tours, in the form that OpenEvolve calls: evaluate(program_path) gives metrics.

Ten maps are drawn from STROP_SEED, so that held-out instances are maps that no candidate was chosen on.
"""

import importlib.util
import math
import os
import random

CITIES = 60
MAPS = 10


def load(path):
    spec = importlib.util.spec_from_file_location("program", path)
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    return program


def length(cities, order):
    """Computed here: the program's own length() would be the program's word."""
    return sum(math.dist(cities[a], cities[b]) for a, b in zip(order, order[1:] + order[:1], strict=True))


def evaluate(program_path):
    program = load(program_path)
    draw = random.Random(int(os.environ.get("STROP_SEED", "0")))
    lengths = []
    for number in range(MAPS):
        cities = [(draw.random(), draw.random()) for _ in range(CITIES)]
        order = program.tour(list(cities))
        if sorted(order) != list(range(CITIES)):
            return {"combined_score": 0.0, "error": f"map {number}: not every city is visited once"}
        lengths.append(length(cities, order))
    mean = sum(lengths) / len(lengths)
    # The expected length of the best tour is about 0.7124 * sqrt(n): 1 is about as good as it gets.
    return {"combined_score": 0.7124 * math.sqrt(CITIES) / mean, "mean_length": mean, "longest": max(lengths)}
