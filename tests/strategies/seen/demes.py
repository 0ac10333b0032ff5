import random
from helpers import extract_code


class Deme:
    def __init__(self, start):
        self.members = [start]

    def best(self, score):
        return max(self.members, key=score)

    def trim(self, score, size=3):
        self.members = sorted(self.members, key=score, reverse=True)[:size]


def improve_algorithm(initial_solution, utility, language_model):
    memo = {}

    def score(code):
        if code not in memo:
            memo[code] = utility(code)
        return memo[code]

    demes = [Deme(initial_solution) for _ in range(3)]
    for turn in range(language_model.budget):
        deme = demes[turn % 3]
        parent = random.choice(deme.members)
        answers = language_model.prompt("Expert", f"Improve\n```python\n{parent}\n```\n{utility.str}", n_responses=6)
        deme.members += [c for c in extract_code(answers) if c]
        deme.trim(score)
        if turn % 2:
            demes[(turn + 1) % 3].members.append(deme.best(score))
    return max((d.best(score) for d in demes), key=score)
