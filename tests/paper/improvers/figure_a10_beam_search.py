from language_model import LanguageModel
from helpers import extract_code

def improve_algorithm(initial_solution, utility_str, utility):
    def beam_search(initial_solution, message, n_responses, temperature, beam_width):
        solutions = language_model.prompt(message, n_responses=n_responses, temperature=temperature)
        solutions = extract_code(solutions)
        solutions_with_scores = [(solution, utility(solution)) for solution in solutions]
        solutions_with_scores.sort(key=lambda x: x[1], reverse=True)
        return [solution for solution, _ in solutions_with_scores[:beam_width]]

    role = "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms."
    message = f"""You must improve the following code. You will be evaluated based on a following score function:

```python
{utility_str}
```

Here is the current solution:
```python
{initial_solution}
```

When run, your script must define an improved solution. Try to be as creative as possible under the constraints.
Your primary improvement must be novel and non-trivial. First, propose an idea for an improvement, then implement it."""

    language_model = LanguageModel(role)

    # First round: explore multiple solutions with higher temperature
    new_solutions = beam_search(initial_solution, message, n_responses=10, temperature=0.9, beam_width=3)

    # Second round: refine the best solutions with lower temperature
    refined_solutions = []
    for solution in new_solutions:
        message = f"""You have the following improved solution:

```python
{solution}
```

Can you further improve this solution under the given constraints?"""
        refined_solutions.extend(beam_search(solution, message, n_responses=5, temperature=0.4, beam_width=2))

    # Pick the best solution among the refined solutions
    best_solution = max(refined_solutions, key=utility)

    return best_solution
