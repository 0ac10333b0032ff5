"""Leave the solution as it is when it is good enough already.

shape: improver
grade: mediocre
"""


def improve_algorithm(initial_solution, utility, language_model):
    """Asks nobody."""
    return initial_solution
