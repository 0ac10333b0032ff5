import random
from language_model import LanguageModel
from helpers import extract_code

def improve_algorithm(initial_solution, utility_str, utility):
    """Improves a solution according to a utility function."""
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

    # Generate initial population of solutions
    population = language_model.prompt(message, n_responses=10, temperature=0.8)
    population = extract_code(population)

    def crossover(solution1, solution2):
        """Combine two solutions to create a new one."""
        lines1 = solution1.split("\n")
        lines2 = solution2.split("\n")
        crossover_point = random.randint(1, min(len(lines1), len(lines2)) - 1)
        new_solution = "\n".join(lines1[:crossover_point] + lines2[crossover_point:])
        return new_solution

    def mutate(solution):
        """Make a small random change to a solution."""
        message = f"""You have the following improved solution:
```python
{solution}
```
Can you further improve this solution under the given constraints?"""
        new_solutions = language_model.prompt(message, n_responses=1, temperature=0.4)
        return extract_code(new_solutions)[0]

    def select(population, n):
        """Select the top n solutions according to the utility function."""
        return sorted(population, key=utility, reverse=True)[:n]

    # Run the genetic algorithm for a fixed number of generations
    n_generations = 10
    for _ in range(n_generations):
        # Perform crossover and mutation
        offspring = [crossover(random.choice(population), random.choice(population)) for _ in range(len(population))]
        offspring = [mutate(solution) for solution in offspring]

        # Combine the original population and offspring, then select the best solutions
        population.extend(offspring)
        population = select(population, 10)

    # Return the best solution found
    return population[0]
