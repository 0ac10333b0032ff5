"""Delete random lines of the solution and keep what scores better.

shape: improver
grade: mediocre
"""
import random


def improve_algorithm(initial_solution, utility, language_model):
    """Random deletions, without the language model."""
    best_solution, best_utility = initial_solution, utility(initial_solution)
    for _ in range(5):
        lines = best_solution.split("\n")
        del lines[random.randrange(len(lines))]
        value = utility("\n".join(lines))
        if value > best_utility:
            best_solution, best_utility = "\n".join(lines), value
    return best_solution
