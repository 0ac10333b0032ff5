"""Flip a random variable of a random violated clause, over and over.

shape: sat
grade: mediocre
"""
import random


def satisfy(clauses):
    """Papadimitriou's random walk, 150 steps."""
    size = max((abs(literal) for clause in clauses for literal in clause), default=0)
    values = [False] + [random.random() < 0.5 for _ in range(size)]
    for _ in range(150):
        violated = [clause for clause in clauses if not any(values[abs(x)] == (x > 0) for x in clause)]
        if not violated:
            break
        variable = abs(random.choice(random.choice(violated)))
        values[variable] = not values[variable]
    return values
