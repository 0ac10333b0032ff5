def improve_algorithm(initial_solution, utility, language_model):
    """Evolves the solution with a genetic algorithm."""
    population = [initial_solution for _ in range(10)]
    for generation in range(5):
        population = sorted(population, key=utility, reverse=True)
    return population[0]
