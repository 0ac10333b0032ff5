import concurrent.futures
from language_model import LanguageModel
from helpers import extract_code
import random

def improve_algorithm(initial_solution, utility_str, utility):
    role = "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms."
    message = f"""You must improve the following code. You will be evaluated based on a following score function:
```python
{utility_str}
```

Here is the current solution:
```python
{initial_solution}
```

When run, your script must define an improved solution. Try to be as creative as possible under the constraints.
Your primary improvement must be novel and non-trivial. First, propose an idea for an improvement, then implement it."""

    language_model = LanguageModel(role)
    cache = {}
    def utility_with_cache(solution):
        if solution not in cache:
            cache[solution] = utility(solution)
        return cache[solution]
    best_solution = initial_solution
    lm_call_limit = 5
    max_samples_per_call = 20
    total_calls = 0
    population_size = 10
    mutation_rate = 0.1
    crossover_rate = 0.5
    def generate_initial_population():
        if total_calls >= lm_call_limit:
            return []
        samples = min(max_samples_per_call, (lm_call_limit - total_calls) * 4)
        new_solutions = language_model.prompt(message, n_responses=samples, temperature=1.0)
        new_solutions = extract_code(new_solutions)
        return new_solutions[:population_size]
    def mutate(solution):
        return language_model.prompt(f"Mutate the following solution:\n```python\n{solution}\n```", n_responses=1, temperature=0.5)[0]
    def crossover(solution1, solution2):
        return language_model.prompt(f"Crossover the following solutions:\n```python\n{solution1}\n```\nand\n```python\n{solution2}\n```", n_responses=1, temperature=0.5)[0]
    def genetic_algorithm():
        population = generate_initial_population()
        for _ in range(lm_call_limit):
            if total_calls >= lm_call_limit:
                break
            new_population = []
            for i in range(population_size):
                if random.random() < crossover_rate:
                    parent1 = random.choice(population)
                    parent2 = random.choice(population)
                    offspring = crossover(parent1, parent2)
                else:
                    offspring = random.choice(population)
                if random.random() < mutation_rate:
                    offspring = mutate(offspring)
            new_population.append(offspring)
            population = new_population
            best_solution_in_population = max(population, key=utility_with_cache)
            if utility_with_cache(best_solution_in_population) > utility_with_cache(best_solution):
                best_solution = best_solution_in_population
                message = f"""You have the following improved solution:
```python
{best_solution}
```

Can you further improve this solution under the given constraints?"""
            total_calls += 1
    genetic_algorithm()
    return best_solution
