"""Return something that is not a text.

Must be observed: there is no solution, with the reason; nothing is made into a text.
Source: strop's own list of cases.
"""

CASES = ("None", "1", "1.0", "True", "['x']", "{'returned': 'x'}", "__import__('numpy').zeros(3)")
CASE = 0
NUMBERS = (20,)
ROLE = "improver"
CONTROL = "architecture"
OBSERVED = {"outcome": "malformed", "reason": "not the text of a solution"}


def improve_algorithm(initial_solution, utility, language_model):
    return eval(CASES[CASE])
