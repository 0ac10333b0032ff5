"""Treat solutions as arms of a bandit: improve the one with the highest upper confidence bound.

shape: improver
grade: good
"""
import math

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
    """UCB over solutions: value plus a bonus for having been tried seldom."""
    values, visits = {initial_solution: utility(initial_solution)}, {initial_solution: 1}
    for step in range(language_model.budget):

        def bound(solution):
            return values[solution] + 0.2 * math.sqrt(math.log(step + 2) / visits[solution])

        chosen = max(values, key=bound)
        visits[chosen] += 1
        candidates = [code for code in ask(language_model, message_for(chosen, utility.str), 0.7) if code not in values]
        for candidate, value in zip(candidates, utility.map(candidates)):
            values[candidate], visits[candidate] = value, 1
    return max(values, key=values.get)
