from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    best, best_u, feedback = initial_solution, utility(initial_solution), ""
    for i in range(language_model.budget):
        new = extract_code(language_model.prompt("E", f"Improve\n{best}\n{feedback}"))[0]
        try:
            u = utility(new)
        except Exception as e:
            feedback = f"Failed with: {e}"
            continue
        if u > best_u:
            best, best_u = new, u
    return best
