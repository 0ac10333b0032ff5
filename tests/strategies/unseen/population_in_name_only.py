"""A genetic algorithm that evolves a population of programs by mutation and crossover."""
from helpers import extract_code


def mutate(individual, lm, u):
    """Mutation operator."""
    msg = "\n".join(["Here is a program.", "```python", individual, "```", "It is judged by", u.str, "Make it better."])
    return [c for c in extract_code(lm.prompt("Expert programmer", msg, n_responses=6, temperature=0.8)) if c]


def improve_algorithm(initial_solution, utility, language_model):
    fittest = initial_solution
    fitness = utility(fittest)
    generation = 0
    while generation < language_model.budget:
        generation += 1
        for offspring in mutate(fittest, language_model, utility):
            f = utility(offspring)
            if f > fitness:
                fittest, fitness = offspring, f
    return fittest
