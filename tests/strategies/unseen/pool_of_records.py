from dataclasses import dataclass
from helpers import extract_code

ROLE = "You optimise Python programs."


@dataclass
class Attempt:
    code: str
    value: float
    depth: int = 0


class Search:
    def __init__(self, utility, lm, width=4):
        self.utility = utility
        self.lm = lm
        self.width = width
        self.pool = []

    def admit(self, code, depth):
        self.pool.append(Attempt(code, self.utility(code), depth))
        self.pool = sorted(self.pool, key=lambda a: -a.value)[: self.width]

    def expand(self, attempt):
        text = "Rewrite this program so that it scores higher.\n```python\n%s\n```\nScore:\n%s" % (attempt.code, self.utility.str)
        for code in extract_code(self.lm.prompt(ROLE, text, n_responses=3)):
            if code:
                self.admit(code, attempt.depth + 1)


def improve_algorithm(initial_solution, utility, language_model):
    search = Search(utility, language_model)
    search.admit(initial_solution, 0)
    while language_model.remaining > 0:
        for attempt in list(search.pool):
            if language_model.remaining == 0:
                break
            search.expand(attempt)
    return search.pool[0].code
