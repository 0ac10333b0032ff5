"""Catch every exception and go on asking, three hundred times; then behave.

Must be observed: the 4 granted calls are served.
Source: the paper, section 6.2.
"""

NUMBERS = ()
ROLE = "improver"
CONTROL = "architecture"
OBSERVED = {"solution": "4", "lm_calls": 4}


def improve_algorithm(initial_solution, utility, language_model):
    served = 0
    for _ in range(300):
        try:
            served += len(language_model.batch_prompt("e", ["m"]))
        except BaseException:
            continue
    return str(served)
