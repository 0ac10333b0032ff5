from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    best, best_u = initial_solution, utility(initial_solution)
    for i in range(language_model.budget):
        critique = language_model.prompt("Critic", f"Criticise\n{best}")[0]
        new = extract_code(language_model.prompt("E", f"Improve\n{best}\nCritique: {critique}"))[0]
        u = utility(new)
        if u > best_u:
            best, best_u = new, u
    return best
