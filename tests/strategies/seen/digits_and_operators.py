import random
import re
from helpers import extract_code


def neighbours(code, count=5):
    for _ in range(count):
        yield re.sub(r"\d+", lambda m: str(max(0, int(m.group()) + random.randint(-2, 2))), code)


def improve_algorithm(initial_solution, utility, language_model):
    answers = language_model.prompt("Expert", f"Improve\n```python\n{initial_solution}\n```\n{utility.str}", n_responses=6)
    best = max([c for c in extract_code(answers) if c] + [initial_solution], key=utility)
    top = utility(best)
    for other in neighbours(best):
        if utility(other) > top:
            best, top = other, utility(other)
    return best
