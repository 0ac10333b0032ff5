from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    found = [initial_solution]
    for heat in (0.2, 0.6, 1.0, 1.4):
        found += extract_code(language_model.prompt("Expert", f"Improve\n```python\n{initial_solution}\n```\n{utility.str}", n_responses=6, temperature=heat))
    return max(filter(None, found), key=utility)
