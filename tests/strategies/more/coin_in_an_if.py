import random

from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    eps = 0.3
    pool = [(utility(initial_solution), initial_solution)]
    for _ in range(language_model.budget):
        if random.random() < eps:
            base = random.choice(pool)[1]
        else:
            base = max(pool)[1]
        for c in extract_code(language_model.prompt("E", f"Improve {base}", n_responses=5)):
            pool.append((utility(c), c))
    return max(pool)[1]
