import random
import re


def wiggle(text):
    numbers = list(re.finditer(r"\d+", text))
    if not numbers:
        return text
    n = random.choice(numbers)
    return text[: n.start()] + str(int(n.group()) + random.choice([-1, 1])) + text[n.end() :]


def improve_algorithm(initial_solution, utility, language_model):
    best, value = initial_solution, utility(initial_solution)
    for _ in range(20):
        other = wiggle(best)
        if utility(other) > value:
            best, value = other, utility(other)
    return best
