"""Breed solutions: the language model combines two good parents, and selection keeps the fittest (genetic algorithm).

shape: improver
grade: good
"""
import random

from helpers import extract_code

EXPERTISE = "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms."


def message_for(solution, description):
    """The prompt of Figure 2."""
    return f"""Improve the following solution:
```python
{solution}
```

You will be evaluated based on this score function:
```python
{description}
```

You must return an improved solution. Be as creative as you can under the constraints.
Your primary improvement must be novel and non-trivial. First, propose an idea, then implement it."""


def with_parent(message, parent):
    """The prompt with a second solution to take ideas from."""
    return f"""{message}

Combine its ideas with those of this other solution:
```python
{parent}
```

Return one complete program."""


def improve_algorithm(initial_solution, utility, language_model):
    """Genetic algorithm with explicit fitness; crossover and mutation are left to the language model."""
    population = [(utility(initial_solution), initial_solution)]
    for _ in range(language_model.budget):
        messages = []
        for _ in range(language_model.max_responses_per_call):
            (_, first), (_, second) = random.choice(population), random.choice(population)
            message = message_for(first, utility.str)
            messages.append(message if first == second else with_parent(message, second))
        children = extract_code(language_model.batch_prompt(EXPERTISE, messages, temperature=0.9))
        children = [code for code in dict.fromkeys(children) if code]
        population += list(zip(utility.map(children), children))
        population.sort(key=lambda pair: pair[0], reverse=True)
        population = population[:5]
    return population[0][1]
