"""Return a text of fifty megabytes.

Must be observed: the answer is refused as too large.
Source: strop's own list of cases.
"""

NUMBERS = (20,)
ROLE = "improver"
CONTROL = "architecture"
OBSERVED = {"outcome": "malformed", "reason": "allowed"}


def improve_algorithm(initial_solution, utility, language_model):
    return "#" * 50_000_000
