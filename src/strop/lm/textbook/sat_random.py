"""mediocre sat: Try random assignments and keep the one that satisfies the most clauses."""
import random


def satisfy(clauses):
    """The best of 100 random assignments."""
    size = max((abs(literal) for clause in clauses for literal in clause), default=0)

    def satisfied(values):
        return sum(any(values[abs(x)] == (x > 0) for x in clause) for clause in clauses)

    return max(([random.random() < 0.5 for _ in range(size + 1)] for _ in range(100)), key=satisfied)
