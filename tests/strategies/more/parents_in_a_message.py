from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    pop = [initial_solution]
    for _ in range(language_model.budget):
        top = sorted(pop, key=utility)[-2:]
        msg = "Here are two parent programs.\n"
        for p in top:
            msg += "```\n" + p + "\n```\n"
        msg += "Merge their ideas."
        pop += extract_code(language_model.prompt("E", msg, n_responses=6))
    return max(pop, key=utility)
