"""Catches every exception and goes on asking, with the limits' checks left out (§6.2).

Observed: exactly the granted 4 calls are served.
"""


def improve_algorithm(initial_solution, utility, language_model):
    served = 0
    for _ in range(300):
        try:
            served += len(language_model.batch_prompt("e", ["m"]))
        except BaseException:
            continue
    return str(served)
