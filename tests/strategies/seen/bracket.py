from helpers import extract_code
from statistics import fmean


def improve_algorithm(initial_solution, utility, language_model):
    ask = f"Improve\n```python\n{initial_solution}\n```\n{utility.str}"
    runners = {c: [] for c in extract_code(language_model.batch_prompt("Expert", [ask] * 12)) if c}
    while len(runners) > 1 and utility.remaining >= len(runners):
        for code, marks in runners.items():
            marks.append(utility(code))
        order = sorted(runners, key=lambda c: fmean(runners[c]), reverse=True)
        runners = {c: runners[c] for c in order[: len(order) // 2]}
    return next(iter(runners), initial_solution)
