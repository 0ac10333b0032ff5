"""Prompt in rounds, each from the best solution so far.

shape: improver-earlier
grade: good
"""
from language_model import LanguageModel
from helpers import extract_code

ROLE = "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms."


def message_for(solution, description):
    """The prompt; the current solution comes first."""
    return f"""You must improve the following code:
```python
{solution}
```

You will be evaluated based on the following score function:
```python
{description}
```

When run, your script must define an improved solution. Try to be as creative as possible under the constraints.
Your primary improvement must be novel and non-trivial. First, propose an idea for an improvement, then implement it."""


def improve_algorithm(initial_solution, utility_str, utility):
    """Greedy iterative improvement."""
    language_model = LanguageModel(ROLE)
    best_solution, best_utility = initial_solution, utility(initial_solution)
    for _ in range(language_model.budget):
        message = message_for(best_solution, utility_str)
        count = language_model.max_responses_per_call
        candidates = extract_code(language_model.prompt(message, n_responses=count, temperature=0.7))
        for candidate in candidates:
            value = utility(candidate) if candidate else 0
            if value > best_utility:
                best_solution, best_utility = candidate, value
    return best_solution
