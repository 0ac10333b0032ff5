from helpers import extract_code


def improve(initial_solution, utility, language_model):
    answers = language_model.prompt("Expert", initial_solution, n_responses=6)
    return max(extract_code(answers), key=utility)
