from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    """Genetic algorithm with a population of solutions."""
    roles = ["You are an expert programmer.", "You are careful."]
    population = [initial_solution]
    for generation in range(4):
        parent = max(population, key=utility)
        offspring = extract_code(language_model.prompt(roles[0], f"Improve {parent}", n_responses=5))
        population.extend(offspring)
    return max(population, key=utility)
