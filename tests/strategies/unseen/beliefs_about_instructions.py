import random
from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    styles = {
        "speed": "Make it much faster.",
        "maths": "Find the mathematical structure first.",
        "greedy": "Use a greedy heuristic and then repair.",
        "search": "Use randomised restarts.",
    }
    wins = {name: 1 for name in styles}
    losses = {name: 1 for name in styles}
    best, top = initial_solution, utility(initial_solution)
    for _ in range(language_model.budget):
        draws = {name: random.betavariate(wins[name], losses[name]) for name in styles}
        arm = max(draws, key=draws.get)
        message = f"```python\n{best}\n```\n{styles[arm]}\n{utility.str}"
        for code in extract_code(language_model.prompt("Expert.", message, 5, 0.7)):
            value = utility(code) if code else 0
            if value > top:
                best, top = code, value
                wins[arm] += 1
            else:
                losses[arm] += 1
    return best
