"""Return a text of two megabytes, which is allowed: a frame holds four.

Must be observed: it arrives whole.
Source: strop's own list of cases; the limit is ours.
"""

NUMBERS = (20,)
ROLE = "improver"
CONTROL = "architecture"
OBSERVED = {"length": 2_000_000}


def improve_algorithm(initial_solution, utility, language_model):
    return "#" * 2_000_000
