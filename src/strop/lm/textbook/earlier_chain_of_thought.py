"""Think step by step and answer once.

shape: improver-earlier
grade: mediocre
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
    """One response, not evaluated."""
    message = message_for(initial_solution, utility_str) + " Think step by step."
    candidates = extract_code(LanguageModel(ROLE).prompt(message, n_responses=1, temperature=0.7))
    return candidates[0] or initial_solution
