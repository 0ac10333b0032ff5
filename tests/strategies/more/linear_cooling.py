from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    best = initial_solution
    for i in range(language_model.budget):
        t = 1.0 - i / language_model.budget
        cs = extract_code(language_model.prompt("E", f"Improve {best}", n_responses=4, temperature=t))
        best = max(cs + [best], key=utility)
    return best
