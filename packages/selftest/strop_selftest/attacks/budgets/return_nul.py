"""Return and score a text with NUL characters and terminal escapes in it.

Must be observed: it arrives as it is, scores 0 as the program that does not compile, and breaks nothing on its way to the record.
Source: strop's own list of cases.
"""

NUMBERS = (20,)
ROLE = "improver"
CONTROL = "architecture"
OBSERVED = {"solution": "x = 1\0\x1b[2J\0", "evaluations": 1, "verdicts": ["raised"]}


def improve_algorithm(initial_solution, utility, language_model):
    text = "x = 1\0\x1b[2J\0"
    utility(text)
    return text
