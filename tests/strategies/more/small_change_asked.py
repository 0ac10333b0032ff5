from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    cur = initial_solution
    for _ in range(language_model.budget):
        neighbours = extract_code(
            language_model.prompt("E", f"Make one small change to this program:\n{cur}", n_responses=6)
        )
        top = max(neighbours, key=utility)
        if utility(top) <= utility(cur):
            break
        cur = top
    return cur
