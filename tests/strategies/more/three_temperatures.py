from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    best = initial_solution
    temps = [0.3, 0.7, 1.0]
    for t in temps:
        for c in extract_code(language_model.prompt("E", f"Improve {best}", 5, t)):
            if utility(c) > utility(best):
                best = c
    return best
