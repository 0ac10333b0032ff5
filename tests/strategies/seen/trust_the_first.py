from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    reply = language_model.prompt("Expert", "Let us think step by step.\n```python\n" + initial_solution + "\n```\n" + utility.str, temperature=0.2)
    return extract_code(reply[0]) or initial_solution
