import random

from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    arms = {initial_solution: [1, 1]}
    for _ in range(language_model.budget):
        pick = max(arms, key=lambda c: random.betavariate(*arms[c]))
        for new in extract_code(language_model.prompt("E", f"Improve {pick}", n_responses=3)):
            arms[new] = [1 + utility(new), 1]
            arms[pick][utility(new) < utility(pick)] += 1
    return max(arms, key=utility)
