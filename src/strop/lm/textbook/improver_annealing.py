"""Anneal over solutions: move to a worse one with a chance that falls as the budget is spent.

shape: improver
grade: good
"""
import math
import random

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
    """Simulated annealing; the best solution seen is returned."""
    current, current_utility = initial_solution, utility(initial_solution)
    best_solution, best_utility = current, current_utility
    temperature = 0.1
    for _ in range(language_model.budget):
        candidates = ask(language_model, message_for(current, utility.str), temperature=0.7 + temperature)
        for candidate, value in zip(candidates, utility.map(candidates)):
            if value > best_utility:
                best_solution, best_utility = candidate, value
            if value >= current_utility or random.random() < math.exp((value - current_utility) / temperature):
                current, current_utility = candidate, value
        temperature *= 0.5
    return best_solution
