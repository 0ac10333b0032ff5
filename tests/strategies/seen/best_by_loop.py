from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    """Multi-armed bandit with upper confidence bounds."""
    k = language_model.max_responses_per_call
    codes = extract_code(language_model.prompt("Expert", f"Improve\n```python\n{initial_solution}\n```\n{utility.str}", n_responses=k))
    winner, record = initial_solution, -1.0
    for code in codes:
        if not code:
            continue
        value = utility(code)
        if value > record:
            winner, record = code, value
    return winner
