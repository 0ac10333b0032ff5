"""Think step by step, answer once, and trust the answer.

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
    """One response, not evaluated (the paper's chain-of-thought baseline)."""
    message = message_for(initial_solution, utility.str) + " Think step by step."
    responses = language_model.batch_prompt(EXPERTISE, [message], temperature=0.7)
    return extract_code(responses)[0] or initial_solution
