import math
import random
from helpers import extract_code


def improve_algorithm(s0, utility, language_model):
    here = best = s0
    u_here = u_best = utility(s0)
    heat = 0.2
    while language_model.remaining:
        ask = f"Program:\n```python\n{here}\n```\nObjective:\n{utility.str}\nPropose a better one."
        answers = language_model.prompt("Optimisation expert.", ask, n_responses=language_model.max_responses_per_call)
        for option in extract_code(answers):
            if not option:
                continue
            u = utility(option)
            gap = u - u_here
            if gap >= 0 or math.log(max(random.random(), 1e-9)) < gap / heat:
                here, u_here = option, u
            if u > u_best:
                best, u_best = option, u
        heat = heat * 0.6
    return best
