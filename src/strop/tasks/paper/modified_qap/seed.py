import math
import random


def objective(F, D, P, assignment):
    """Flow times distance over all pairs, less half the preferences."""
    n = len(assignment)
    total = sum(F[i][j] * D[assignment[i]][assignment[j]] for i in range(n) for j in range(n))
    return total - 0.5 * sum(P[i][assignment[i]] for i in range(n))


def algorithm(F, D, P):
    """Simulated annealing towards low values: 1000 swaps from the identity, cooling before each."""
    F, D, P = F.tolist(), D.tolist(), P.tolist()
    current = list(range(len(F)))
    value = objective(F, D, P, current)
    best, lowest = current[:], value
    temperature = 1.0
    for _ in range(1000):
        temperature *= 0.99
        i, j = random.sample(range(len(F)), 2)
        swapped = current[:]
        swapped[i], swapped[j] = swapped[j], swapped[i]
        new = objective(F, D, P, swapped)
        if new < value or random.random() < math.exp((value - new) / temperature):
            current, value = swapped, new
            if value < lowest:
                best, lowest = current[:], value
    return best
