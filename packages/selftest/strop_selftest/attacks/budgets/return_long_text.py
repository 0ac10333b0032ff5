"""Return a text of 900,000 characters, which is allowed: a program has at most a million.

Must be observed: it arrives whole.
Source: strop's own list of cases; the limit is ours.
"""

NUMBERS = (20,)
ROLE = "improver"
CONTROL = "architecture"
OBSERVED = {"length": 900_000}


def improve_algorithm(initial_solution, utility, language_model):
    return "#" * 900_000
