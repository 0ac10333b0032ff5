from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    """Iteratively improves the solution and returns the best one found."""
    best_score = utility(initial_solution)
    for _ in range(language_model.budget):
        answers = language_model.prompt("Expert", f"Improve\n```python\n{initial_solution}\n```\n{utility.str}", n_responses=5)
        for candidate in extract_code(answers):
            if candidate and utility(candidate) > best_score:
                best_score = utility(candidate)
    return initial_solution
