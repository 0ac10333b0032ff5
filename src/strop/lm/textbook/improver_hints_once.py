"""Give each prompt of one call its own hint and return the best answer.

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
    """Hints (compare Figure A.17)."""
    hints = [
        "Focus on the loops.",
        "Consider a more efficient data structure.",
        "Minimize function calls.",
        "Look for ways to use less memory.",
    ]
    message = message_for(initial_solution, utility.str)
    messages = [f"{message}\nHint: {hint}" for hint in hints]
    count = min(language_model.max_responses_per_call, utility.budget)
    candidates = extract_code(language_model.batch_prompt(EXPERTISE, messages[:count], temperature=0.7))
    return max([initial_solution, *[code for code in candidates if code]], key=utility)
