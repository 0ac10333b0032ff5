import numpy as np
from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    stats = {initial_solution: {"n": 1, "mean": utility(initial_solution)}}
    for t in range(language_model.budget):
        chosen, best_bound = None, -1.0
        for code, s in stats.items():
            bound = s["mean"] + np.sqrt(2 * np.log(t + 2) / s["n"])
            if bound > best_bound:
                chosen, best_bound = code, bound
        stats[chosen]["n"] += 1
        for new in extract_code(language_model.prompt("Expert", f"Improve\n```python\n{chosen}\n```\n{utility.str}", n_responses=5)):
            if new:
                stats[new] = {"n": 1, "mean": utility(new)}
    return max(stats, key=lambda c: stats[c]["mean"])
