"""mediocre improver: Ask for one response at a time and keep it if it is better."""
from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    """Hill climbing with single responses: every call is used, but hardly."""
    best_solution, best_utility = initial_solution, utility(initial_solution)
    for _ in range(language_model.budget):
        message = f"""Improve the following solution:
```python
{best_solution}
```

You will be evaluated based on this score function:
```python
{utility.str}
```

You must return an improved solution. First, propose an idea, then implement it."""
        responses = language_model.batch_prompt("You are an expert programmer.", [message], temperature=0.7)
        candidate = extract_code(responses)[0]
        value = utility(candidate) if candidate else 0
        if value > best_utility:
            best_solution, best_utility = candidate, value
    return best_solution
