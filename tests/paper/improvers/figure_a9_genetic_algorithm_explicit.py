import random
from helpers import extract_code

def crossover(parent1, parent2):
    """Perform crossover between two parent solutions."""
    crossover_point = random.randint(0, len(parent1))
    child = parent1[:crossover_point] + parent2[crossover_point:]
    return child

def mutate(solution, mutation_rate):
    """Apply mutation to a solution."""
    mutated_solution = ""
    for char in solution:
        if random.random() < mutation_rate:
            mutated_solution += random.choice('abcdefghijklmnopqrstuvwxyz')
        else:
            mutated_solution += char
    return mutated_solution

def improve_algorithm(initial_solution, utility, language_model, population_size=10, generations=5, mutation_rate=0.05):
    """Improves a solution using a genetic algorithm."""
    expertise = "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms."
    message = f"""Generate a variation of this solution:
```python
{initial_solution}
```
Be as creative as you can under the constraints."""

    # Generate initial population
    n_messages = min(language_model.max_responses_per_call, utility.budget)
    population = language_model.batch_prompt(expertise, [message] * n_messages, temperature=0.7)
    population = extract_code(population)

    for _ in range(generations):
        # Evaluate the fitness of each solution in the population
        fitness_values = [utility(solution) for solution in population]

        # Select parent solutions based on their fitness
        parents = random.choices(population, weights=fitness_values, k=population_size)

        # Apply crossover to create new solutions
        children = []
        for i in range(0, population_size, 2):
            child1 = crossover(parents[i], parents[i + 1])
            child2 = crossover(parents[i + 1], parents[i])
            children.extend([child1, child2])

        # Apply mutation to the children
        children = [mutate(child, mutation_rate) for child in children]

        # Replace the population with the new children
        population = children

        # Find the best solution in the final population
        best_solution = max(population, key=utility)
        return best_solution
