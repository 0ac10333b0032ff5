"""Repair violated clauses greedily from many random assignments, flipping what leaves the fewest violated.

shape: sat
grade: good
"""
import random
import time


def violated(clauses, values):
    """The clauses that are false."""
    return [clause for clause in clauses if not any(values[abs(x)] == (x > 0) for x in clause)]


def satisfy(clauses):
    """Focused local search with restarts, 60 ms of processor time at most."""
    size = max((abs(literal) for clause in clauses for literal in clause), default=0)
    deadline = time.process_time() + 0.06
    best, fewest = [False] * (size + 1), len(clauses) + 1
    while fewest > 0 and time.process_time() < deadline:
        values = [False] + [random.random() < 0.5 for _ in range(size)]
        for _ in range(3 * size + 1):
            false = violated(clauses, values)
            if len(false) < fewest:
                best, fewest = list(values), len(false)
            if not false or time.process_time() > deadline:
                break
            scores = []
            for literal in random.choice(false):
                variable = abs(literal)
                values[variable] = not values[variable]
                scores.append((len(violated(clauses, values)), random.random(), variable))
                values[variable] = not values[variable]
            chosen = min(scores)[2]
            values[chosen] = not values[chosen]
    return best
