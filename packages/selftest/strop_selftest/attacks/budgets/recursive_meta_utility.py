"""An improver that is given the meta-utility and scores, there, improvers that score improvers that score improvers.

Must be observed: the meta-utility is counted by itself; below it every downstream improvement has its own grant and no more,
and the recursion ends there: the utility that an improver's improver sees is a task's.
Source: the paper, section 4 (budgets) and appendix A; strop's own list of cases.
"""

NUMBERS = (21,)
ROLE = "improver"
UTILITY = "meta"
CONTROL = "architecture"
GRANT = {"utility_calls": 3, "lm_calls": 2}
OBSERVED = {"solution": "3 scored", "lm_calls": 12, "evaluations": 18, "meta_evaluations": 3}
# 3 evaluations of the meta-utility, in each 2 copies, in each 3 evaluations and 2 calls of the model.

GREEDY = """
def improve_algorithm(initial_solution, utility, language_model):
    me = MYSELF
    for _ in range(100):
        utility(me)
        try:
            language_model.prompt("e", "m")
        except Exception:
            pass
    return initial_solution
"""


def improve_algorithm(initial_solution, utility, language_model):
    greedy = GREEDY.replace("MYSELF", repr(GREEDY))
    values = [utility(greedy) for _ in range(100)]
    return f"{sum(value > 0 for value in values)} scored"
