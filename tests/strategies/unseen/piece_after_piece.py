import re
from helpers import extract_code


def pieces(source):
    return [piece for piece in re.split(r"(?m)^(?=def |class )", source) if piece.strip()]


def improve_algorithm(initial_solution, utility, language_model):
    work = pieces(initial_solution)
    score = utility(initial_solution)
    for number, piece in enumerate(work):
        if not language_model.remaining:
            break
        ask = f"This is one function of a larger program:\n```python\n{piece}\n```\nThe whole is scored so:\n{utility.str}\nReturn a better version of this function only."
        for new in extract_code(language_model.prompt("Expert", ask, n_responses=5)):
            if not new:
                continue
            trial = work[:number] + [new] + work[number + 1 :]
            text = "".join(trial)
            u = utility(text)
            if u > score:
                work, score = trial, u
    return "".join(work)
