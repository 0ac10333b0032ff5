"""Move to worse solutions at times, ever less often (simulated annealing).

shape: improver-earlier
grade: good
"""
import math
import random

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
    """Simulated annealing over solutions."""
    language_model = LanguageModel(ROLE)
    current, current_utility = initial_solution, utility(initial_solution)
    best_solution, best_utility = current, current_utility
    temperature = 0.1
    for _ in range(language_model.budget):
        message = message_for(current, utility_str)
        count = language_model.max_responses_per_call
        for candidate in extract_code(language_model.prompt(message, n_responses=count, temperature=0.8)):
            value = utility(candidate) if candidate else 0
            if value > best_utility:
                best_solution, best_utility = candidate, value
            if candidate and random.random() < math.exp(min(0.0, value - current_utility) / temperature):
                current, current_utility = candidate, value
        temperature *= 0.5
    return best_solution
