import numpy as np
from helpers import extract_code

EPS = 0.25


def improve_algorithm(initial_solution, utility, language_model):
    archive = [(utility(initial_solution), initial_solution)]
    rng = np.random.default_rng(0)
    rounds = language_model.budget
    while rounds:
        rounds -= 1
        if rng.random() < EPS:
            k = int(rng.integers(len(archive)))
        else:
            k = 0
        base = archive[k][1]
        q = "Improve\n```python\n" + base + "\n```\nunder\n" + utility.str
        found = extract_code(language_model.batch_prompt("Expert", [q] * language_model.max_responses_per_call))
        archive.extend((utility(c), c) for c in found if c)
        archive.sort(key=lambda p: p[0], reverse=True)
    return archive[0][1]
