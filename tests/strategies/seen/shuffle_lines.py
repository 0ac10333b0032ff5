import random


def improve_algorithm(initial_solution, utility, language_model):
    best, value = initial_solution, utility(initial_solution)
    for _ in range(10):
        lines = best.splitlines()
        i, j = random.sample(range(len(lines)), 2)
        lines[i], lines[j] = lines[j], lines[i]
        trial = "\n".join(lines)
        if utility(trial) > value:
            best, value = trial, utility(trial)
    return best
