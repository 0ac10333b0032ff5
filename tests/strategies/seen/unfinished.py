from helpers import extract_code

def improve_algorithm(initial_solution, utility, language_model):
    candidates = extract_code(language_model.prompt("Expert", initial_solution, n_responses=6)
    return max(candidates, key=utility)
