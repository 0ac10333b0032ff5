import random

from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    population = [initial_solution] * 4
    fitness = [utility(p) for p in population]
    for gen in range(3):

        def select():
            a, b = random.sample(range(len(population)), 2)
            return population[a] if fitness[a] > fitness[b] else population[b]

        children = []
        for _ in range(4):
            p1, p2 = select(), select()
            prompt = f"Combine these two:\n{p1}\n---\n{p2}"
            children += extract_code(language_model.prompt("E", prompt, n_responses=2))
        population = sorted(population + children, key=utility, reverse=True)[:4]
        fitness = [utility(p) for p in population]
    return population[0]
