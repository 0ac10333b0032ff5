"""Keep the top three solutions; mostly improve the best one, at times a random one at a higher temperature.

shape: improver
grade: good
"""
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
    """Epsilon-greedy top-k (compare Figure 5)."""
    top_k, epsilon = 3, 0.2
    best_solutions = [(utility(initial_solution), initial_solution)]
    for _ in range(language_model.budget):
        explore = random.random() < epsilon
        _, solution = random.choice(best_solutions) if explore else best_solutions[0]
        candidates = ask(language_model, message_for(solution, utility.str), temperature=1.0 if explore else 0.7)
        improved = False
        for candidate in candidates:
            value = utility(candidate)
            improved = improved or value > best_solutions[0][0]
            best_solutions.append((value, candidate))
        best_solutions.sort(key=lambda pair: pair[0], reverse=True)
        best_solutions = best_solutions[:top_k]
        epsilon = 0.2 if improved else min(0.6, epsilon * 1.5)
    return best_solutions[0][1]
