import concurrent.futures
from language_model import LanguageModel
from helpers import extract_code

def improve_algorithm(initial_solution, utility_str, utility):
    """Improves a solution according to a utility function."""
    role = "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms."
    message_format = f"""You must improve the following code. You will be evaluated based on a following score function:
```python
{utility_str}
```
Here is the current solution:
```python
{{solution}}
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

    beam_width = 3

    def generate_new_solutions(solution, temperature):
        message = message_format.format(solution=solution)
        if total_calls >= lm_call_limit:
            return []

        samples = min(max_samples_per_call, (lm_call_limit - total_calls) * 4)
        new_solutions = language_model.prompt(message, n_responses=samples, temperature=temperature)
        new_solutions = extract_code(new_solutions)
        return new_solutions

    with concurrent.futures.ThreadPoolExecutor() as executor:
        current_solution_set = [initial_solution]
        for _ in range(lm_call_limit):
            if total_calls >= lm_call_limit:
                break

            futures_to_solution_and_temperature = {executor.submit(generate_new_solutions, solution, temperature): (solution, temperature) for solution in current_solution_set}

            new_solution_set = []
            for future in concurrent.futures.as_completed(futures_to_solution_and_temperature):
                solution, temperature = futures_to_solution_and_temperature[future]
                try:
                    new_solutions = future.result()
                except Exception as exc:
                    print(f"An exception occurred: {exc}")
                else:
                    total_calls += 1
                    new_solution_set.extend(new_solutions)

            current_solution_set = sorted(new_solution_set, key=lambda sol: utility_with_cache(sol), reverse=True)[:beam_width]

            best_solution_in_set = current_solution_set[0]
            if utility_with_cache(best_solution_in_set) > utility_with_cache(best_solution):
                best_solution = best_solution_in_set

            temperature *= temperature_decay

    return best_solution
