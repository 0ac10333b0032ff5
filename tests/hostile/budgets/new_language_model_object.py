"""Builds a language model with a larger budget and calls it 50 times (§6.2 of the paper).

Observed: exactly the granted 4 calls are served, and the building is an audit note.
"""

from language_model import BudgetExceeded, LanguageModel


def improve_algorithm(initial_solution, utility, language_model):
    mine = LanguageModel(budget=1000, max_responses_per_call=1000)
    served = 0
    for _ in range(50):
        try:
            mine.prompt("e", "m")
            served += 1
        except BudgetExceeded:
            pass
    return str(served)
