"""Return what no frame can hold: an object of its own, one in a dict, a text with a lone surrogate.

Must be observed: it ends as the improver's own exception.
Source: strop's own list of cases.
"""

CASES = ("object()", "{1: object()}", "'x\\ud800'", "lambda: 'x'", "float('nan')", "10**5000")
CASE = 0
NUMBERS = (20,)
ROLE = "improver"
CONTROL = "architecture"
OBSERVED = {"outcome": "raised", "reason": "cannot send"}


def improve_algorithm(initial_solution, utility, language_model):
    return eval(CASES[CASE])
