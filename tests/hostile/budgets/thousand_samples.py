"""Asks for 1000 responses in one call, then in one batch of different messages, and in one map.

Observed: both requests are refused whole and nothing is charged; the map is served up to the 25 that were granted.
"""

from language_model import BudgetExceeded


def improve_algorithm(initial_solution, utility, language_model):
    refused = 0
    for ask in (
        lambda: language_model.prompt("e", "m", n_responses=1000),
        lambda: language_model.batch_prompt("e", [f"m{number}" for number in range(1000)]),
    ):
        try:
            ask()
        except BudgetExceeded:
            refused += 1
    scored = sum(value > 0 for value in utility.map([initial_solution] * 1000))
    return f"{refused} refused, {scored} scored, {language_model.remaining} calls left"
