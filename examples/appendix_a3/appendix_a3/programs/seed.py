from helpers import extract_code


def maximize_algorithm(utility, language_model):
    """Asks for solutions that maximize a utility function, and takes the best."""
    expertise = (
        "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms."
    )
    message = f"""Write a solution that maximizes this score function:
```python
{utility.str}
```

You must return a whole solution. Be as creative as you can under the constraints.
First, propose an idea, then implement it in one block of code."""
    n_messages = min(language_model.max_responses_per_call, utility.budget)
    solutions = language_model.batch_prompt(expertise, [message] * n_messages, temperature=0.7)
    solutions = extract_code(solutions)
    best_solution = max(solutions, key=utility)
    return best_solution
