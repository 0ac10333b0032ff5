import math
from helpers import extract_code

REQUESTS = ["Use a better algorithm.", "Use numpy.", "Handle edge cases.", "Search randomly at the end."]


class Arm:
    def __init__(self, text):
        self.text, self.pulls, self.gain = text, 0, 0.0

    def index(self, total):
        if self.pulls == 0:
            return float("inf")
        return self.gain / self.pulls + math.sqrt(2 * math.log(total) / self.pulls)


def improve_algorithm(initial_solution, utility, language_model):
    arms = [Arm(text) for text in REQUESTS]
    best, value = initial_solution, utility(initial_solution)
    for turn in range(1, language_model.budget + 1):
        arm = max(arms, key=lambda a: a.index(turn))
        codes = extract_code(language_model.prompt("Expert", f"```python\n{best}\n```\n{arm.text}\n{utility.str}", n_responses=5))
        values = [utility(c) if c else 0.0 for c in codes]
        arm.pulls += 1
        arm.gain += max(values)
        if max(values) > value:
            value = max(values)
            best = codes[values.index(value)]
    return best
