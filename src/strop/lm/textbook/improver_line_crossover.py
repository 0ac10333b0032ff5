"""Cross the lines of two answers at a random point, and keep the best offspring (genetic algorithm).

shape: improver
grade: mediocre
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


def ask(language_model, message, temperature):
    """One call with as many responses as it may have: the new programs, each once."""
    messages = [message] * language_model.max_responses_per_call
    responses = language_model.batch_prompt(EXPERTISE, messages, temperature=temperature)
    return list(dict.fromkeys(code for code in extract_code(responses) if code))


def crossover(first, second):
    """The head of one program and the tail of another."""
    head, tail = first.split("\n"), second.split("\n")
    point = random.randint(1, max(1, min(len(head), len(tail)) - 1))
    return "\n".join(head[:point] + tail[point:])


def improve_algorithm(initial_solution, utility, language_model):
    """A genetic algorithm whose crossover seldom leaves a program whole."""
    population = ask(language_model, message_for(initial_solution, utility.str), temperature=0.8)
    population.append(initial_solution)
    for _ in range(2):
        children = [crossover(random.choice(population), random.choice(population)) for _ in range(4)]
        population += children
        population = sorted(population, key=utility, reverse=True)[:4]
    return population[0]
