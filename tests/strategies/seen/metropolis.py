import random
from math import exp
from helpers import extract_code


def accept(new, old, t):
    if new > old:
        return True
    return random.uniform(0, 1) <= exp((new - old) / t)


def improve_algorithm(initial_solution, utility, language_model):
    x, fx = initial_solution, utility(initial_solution)
    record = {x: fx}
    for step, t in enumerate((0.2, 0.1, 0.05, 0.01)):
        y = extract_code(language_model.prompt("Expert", f"Vary\n```python\n{x}\n```\n{utility.str}"))[0]
        if not y:
            continue
        fy = record[y] = utility(y)
        if accept(fy, fx, t):
            x, fx = y, fy
    return max(record, key=record.get)
