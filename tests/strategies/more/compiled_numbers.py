import random
import re

from helpers import extract_code

NUM = re.compile(r"\d+")


def improve_algorithm(initial_solution, utility, language_model):
    best = initial_solution
    for _ in range(9):
        trial = NUM.sub(lambda m: str(int(m.group()) + random.choice([-1, 1])), best)
        if utility(trial) > utility(best):
            best = trial
    return best
