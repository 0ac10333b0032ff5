from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    tips = (
        "Avoid recomputation.",
        "Prefer closed forms.",
        "Consider dynamic programming.",
        "Try bit tricks.",
    )
    best, top = initial_solution, utility(initial_solution)
    for i in range(language_model.budget):
        tip = tips[i % len(tips)]
        answers = language_model.prompt("Expert", "Improve\n```python\n" + best + "\n```\nTip: " + tip + "\n" + utility.str, n_responses=6)
        for code in extract_code(answers):
            u = utility(code) if code else 0
            if u > top:
                best, top = code, u
    return best
