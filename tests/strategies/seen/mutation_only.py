import random
from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    population = {initial_solution: utility(initial_solution)}
    for _ in range(language_model.budget):
        parents = random.choices(list(population), weights=[v + 1e-6 for v in population.values()], k=6)
        messages = [f"Mutate this program.\n```python\n{p}\n```\n{utility.str}" for p in parents]
        for child in extract_code(language_model.batch_prompt("Expert", messages)):
            if child:
                population[child] = utility(child)
        population = dict(sorted(population.items(), key=lambda kv: kv[1], reverse=True)[:8])
    return max(population, key=population.get)
