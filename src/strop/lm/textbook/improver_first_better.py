"""mediocre improver: Return the first answer that is better than the initial solution."""
from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    """Stops as early as it can."""
    message = f"""Improve the following solution:
```python
{initial_solution}
```

You will be evaluated based on this score function:
```python
{utility.str}
```

You must return an improved solution. First, propose an idea, then implement it."""
    initial_utility = utility(initial_solution)
    messages = [message] * language_model.max_responses_per_call
    responses = language_model.batch_prompt("You are an expert programmer.", messages, temperature=0.7)
    for candidate in extract_code(responses):
        if candidate and utility(candidate) > initial_utility:
            return candidate
    return initial_solution
