from collections import defaultdict
from helpers import extract_code
from math import log, sqrt

def improve_algorithm(initial_solution, utility, language_model):
    """Improves a solution according to a utility function."""
    expertise = "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms."
    message = f"""Improve the following solution:
```python
{initial_solution}
```
You will be evaluated based on this score function:
```python
{utility.str}
```

You must return an improved solution. Be as creative as you can under the constraints.
Your primary improvement must be novel and non-trivial. First, propose an idea, then implement it."""


    best_solution = initial_solution
    best_utility = utility(initial_solution)
    remaining_calls = language_model.budget

    # Initialize variables for UCB optimization
    temperature_count = defaultdict(int)
    temperature_values = defaultdict(float)
    total_iterations = 0

    while remaining_calls > 0:
        n_messages = min(language_model.max_responses_per_call, remaining_calls)

        # Update temperatures based on UCB optimization
        ucb_values = {
            temp: (temp_values / temp_count + sqrt(2 * log(total_iterations) / temp_count))
            for temp, temp_count in temperature_count.items() if temp_count > 0
        }
        temperature = max(0.1, max(ucb_values, key=ucb_values.get))

        new_solutions = language_model.batch_prompt(expertise, [message] * n_messages, temperature=temperature)
        new_solutions = extract_code(new_solutions)
        for solution in new_solutions:
            current_utility = utility(solution)
            if current_utility > best_utility:
                best_solution = solution
                best_utility = current_utility
                temperature_count[temperature] += n_messages
                temperature_values[temperature] += sum(utility(solution) for solution in new_solutions)
        remaining_calls -= n_messages
        total_iterations += n_messages
    return best_solution
