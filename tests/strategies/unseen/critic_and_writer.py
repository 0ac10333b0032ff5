from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    best, value = initial_solution, utility(initial_solution)
    while language_model.remaining >= 2:
        review = language_model.prompt("Severe reviewer", f"What is weak in this program?\n```python\n{best}\n```\n{utility.str}")[0]
        answers = language_model.prompt("Expert", f"```python\n{best}\n```\nA review says:\n{review}\nRewrite the program.", n_responses=6)
        for code in extract_code(answers):
            if code and (u := utility(code)) > value:
                best, value = code, u
    return best
