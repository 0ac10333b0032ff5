import math
import random

from helpers import extract_code


class SA:
    def __init__(self, u, lm):
        self.u, self.lm, self.T = u, lm, 1.0

    def step(self, cur, curv):
        new = extract_code(self.lm.prompt("E", "Improve:\n" + cur))[0]
        v = self.u(new)
        d = v - curv
        if d > 0 or random.random() < math.exp(d / self.T):
            cur, curv = new, v
        self.T *= 0.9
        return cur, curv


def improve_algorithm(initial_solution, utility, language_model):
    s = SA(utility, language_model)
    cur, curv = initial_solution, utility(initial_solution)
    for _ in range(4):
        cur, curv = s.step(cur, curv)
    return cur
