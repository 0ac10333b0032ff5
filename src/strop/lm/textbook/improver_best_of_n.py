"""good improver: Sample as many independent improvements as the budget allows and return the best of all."""
from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    """Best of N at equal budget; nothing is built on an earlier answer."""
    message = f"""Improve the following solution:
```python
{initial_solution}
```

You will be evaluated based on this score function:
```python
{utility.str}
```

You must return an improved solution. First, propose an idea, then implement it."""
    candidates = [initial_solution]
    for _ in range(language_model.budget):
        messages = [message] * language_model.max_responses_per_call
        responses = language_model.batch_prompt("You are an expert programmer.", messages, temperature=0.7)
        candidates += [code for code in extract_code(responses) if code]
    candidates = list(dict.fromkeys(candidates))
    values = utility.map(candidates)
    return candidates[values.index(max(values))]
