"""Ask once for several solutions and return the best.

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
    """One call."""
    language_model = LanguageModel(ROLE)
    message = message_for(initial_solution, utility_str)
    candidates = extract_code(language_model.prompt(message, n_responses=4, temperature=0.7))
    return max([initial_solution, *[code for code in candidates if code]], key=utility)
