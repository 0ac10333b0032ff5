"""Ask for one response at a time and keep it if it is better.

shape: improver
grade: mediocre
"""
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


def improve_algorithm(initial_solution, utility, language_model):
    """Hill climbing with single responses: every call is used, but hardly."""
    best_solution, best_utility = initial_solution, utility(initial_solution)
    for _ in range(language_model.budget):
        message = message_for(best_solution, utility.str)
        candidate = extract_code(language_model.batch_prompt(EXPERTISE, [message], temperature=0.7))[0]
        value = utility(candidate) if candidate else 0
        if value > best_utility:
            best_solution, best_utility = candidate, value
    return best_solution
