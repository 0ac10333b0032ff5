"""Ask once at a low temperature, and return the best answer if it beats the initial solution.

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


def ask(language_model, message, temperature):
    """One call with as many responses as it may have: the new programs, each once."""
    messages = [message] * language_model.max_responses_per_call
    responses = language_model.batch_prompt(EXPERTISE, messages, temperature=temperature)
    return list(dict.fromkeys(code for code in extract_code(responses) if code))


def improve_algorithm(initial_solution, utility, language_model):
    """One call at temperature 0.1."""
    candidates = ask(language_model, message_for(initial_solution, utility.str), temperature=0.1)
    return max([initial_solution, *candidates], key=utility)
