"""good improver: Spend every call: each one starts from the best solution found so far."""
from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    """Greedy iterative improvement."""
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
        messages = [message] * language_model.max_responses_per_call
        responses = language_model.batch_prompt("You are an expert programmer.", messages, temperature=0.7)
        candidates = [code for code in dict.fromkeys(extract_code(responses)) if code]
        for candidate, value in zip(candidates, utility.map(candidates)):
            if value > best_utility:
                best_solution, best_utility = candidate, value
    return best_solution
