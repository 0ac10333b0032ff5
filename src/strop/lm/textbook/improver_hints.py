"""Give every prompt another hint, use all calls, and start each round from the best solution.

shape: improver
grade: good
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
    """Hints in rounds."""
    hints = [
        "Use a different algorithm from the literature.",
        "Use a more efficient data structure.",
        "Look for structure in the inputs.",
        "Replace loops by vector operations.",
        "Combine several approaches and keep the best result.",
        "Simplify, and handle the special cases.",
    ]
    best_solution, best_utility = initial_solution, utility(initial_solution)
    for _ in range(language_model.budget):
        count = language_model.max_responses_per_call
        message = message_for(best_solution, utility.str)
        messages = [f"{message}\nHint: {hints[index % len(hints)]}" for index in range(count)]
        candidates = extract_code(language_model.batch_prompt(EXPERTISE, messages, temperature=0.8))
        candidates = [code for code in dict.fromkeys(candidates) if code]
        for candidate, value in zip(candidates, utility.map(candidates)):
            if value > best_utility:
                best_solution, best_utility = candidate, value
    return best_solution
