import concurrent.futures
from language_model import LanguageModel
from helpers import extract_code
import random

def improve_algorithm(initial_solution, utility_str, utility):
    """Improves a solution according to a utility function."""
    role = "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms."
    message = f"""You must improve the following code. You will be evaluated based on the following score function:
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
    cache = {}
    def utility_with_cache(solution):
        if solution not in cache:
            cache[solution] = utility(solution)
        return cache[solution]
    best_solution = initial_solution
    lm_call_limit = 5
    max_samples_per_call = 20
    total_calls = 0
    temperature = 1.0
    temperature_decay = 0.6
    def generate_new_solutions(temperature):
        if total_calls >= lm_call_limit:
            return []
        samples = min(max_samples_per_call, (lm_call_limit - total_calls) * 4)
        new_solutions = language_model.prompt(message, n_responses=samples, temperature=temperature)
        new_solutions = extract_code(new_solutions)
        return new_solutions
    def accept_solution(new_solution, current_solution, temperature):
        delta_utility = utility_with_cache(new_solution) - utility_with_cache(current_solution)
        if delta_utility > 0:
            return True
        else:
            return random.random() < math.exp(delta_utility / temperature)
    with concurrent.futures.ThreadPoolExecutor() as executor:
        futures_to_temperature = {executor.submit(generate_new_solutions, temperature): temperature for _ in range(executor._max_workers)}
        for future in concurrent.futures.as_completed(futures_to_temperature):
            temperature = futures_to_temperature[future]
            try:
                new_solutions = future.result()
            except Exception as exc:
                print(f"An exception occurred: {exc}")
            else:
                total_calls += 1
                new_solutions.append(initial_solution)
                for new_solution in new_solutions:
                    if accept_solution(new_solution, best_solution, temperature):
                        best_solution = new_solution
                        message = f"""You have the following improved solution:
```python
{best_solution}
```
Can you further improve this solution under the given constraints?"""
            if total_calls >= lm_call_limit:
                break
            temperature *= temperature_decay
    return best_solution
