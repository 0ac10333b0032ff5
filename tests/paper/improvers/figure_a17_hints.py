from helpers import extract_code

def improve_algorithm(initial_solution, utility, language_model):
    """Improve a solution according to a utility function."""
    expertise = "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms."

    hints = [
        "Focus on optimizing the loop in the code.",
        "Consider using a more efficient data structure.",
        "Try to minimize function calls within the code.",
        "Explore parallelization techniques to speed up the execution.",
        "Look for ways to reduce memory usage."
    ]

    messages = []
    for hint in hints:
        message = f"""Improve the following solution:
```python
{initial_solution}
```
Hint: {hint}

You will be evaluated based on this score function:
```python
{utility.str}
```

You must return an improved solution. Be as creative as you can under the constraints.
Your primary improvement must be novel and non-trivial. First, propose an idea, then implement it."""
        messages.append(message)

    n_messages = min(language_model.max_responses_per_call, utility.budget)
    new_solutions = language_model.batch_prompt(expertise, messages[:n_messages], temperature=0.7)
    new_solutions = extract_code(new_solutions)
    best_solution = max(new_solutions, key=utility)
    return best_solution
