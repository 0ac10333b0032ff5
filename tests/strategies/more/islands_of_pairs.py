from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    islands = [[(utility(initial_solution), initial_solution)] for _ in range(3)]
    for gen in range(language_model.budget):
        for i, isl in enumerate(islands):
            parent = max(isl)[1]
            c = extract_code(language_model.prompt("E", f"Improve {parent}"))[0]
            isl.append((utility(c), c))
        if gen % 2:
            islands[0].append(max(islands[1]))
    return max(max(i) for i in islands)[1]
