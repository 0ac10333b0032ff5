from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    best, value = initial_solution, utility(initial_solution)
    lessons = []
    for _ in range(language_model.budget):
        told = "\n".join(f"- {lesson}" for lesson in lessons[-5:])
        message = f"Improve:\n```python\n{best}\n```\nScored by:\n{utility.str}\nEarlier attempts failed like this, avoid it:\n{told}"
        for code in extract_code(language_model.prompt("Expert", message, n_responses=4)):
            if not code:
                continue
            outcome = utility.report(code)
            if outcome["error"]:
                lessons.append(outcome["error"].splitlines()[-1])
            elif outcome["utility"] > value:
                best, value = code, outcome["utility"]
    return best
