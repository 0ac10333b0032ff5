import ast
from language_model import LanguageModel
from helpers import extract_code

def is_valid_code(code_str: str) -> bool:
    """Check if the given code string has valid Python syntax."""
    try:
        ast.parse(code_str)
        return True
    except SyntaxError:
        return False

def modify_solution(solution: str, modification: str) -> str:
    """Applies a simple modification to the solution."""
    return solution.replace(modification[0], modification[1])

def local_search(solution: str, modifications: list, utility) -> str:
    """Performs a simple local search on the solution."""
    best_solution, best_utility = solution, utility(solution)
    for modification in modifications:
        modified_solution = modify_solution(solution, modification)
        if not is_valid_code(modified_solution):
            continue

        utility_val = utility(modified_solution)
        if utility_val > best_utility:
            best_solution = modified_solution
            best_utility = utility_val
    return best_solution

def improve_algorithm(initial_solution, utility_str, utility):
    """Improves a solution according to a utility function."""
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
    best_solution, best_utility = initial_solution, 0
    language_model = LanguageModel(role)
    temperatures = [0.5, 0.6, 0.7, 0.8, 0.9]
    for temp in temperatures:
        new_solutions = language_model.prompt(message, n_responses=5, temperature=temp)
        new_solutions = extract_code(new_solutions)

        for new_solution in new_solutions:
            if not is_valid_code(new_solution):
                continue

            utility_val = utility(new_solution)
            if utility_val > best_utility:
                best_solution = new_solution
                best_utility = utility_val

    # Apply local search on the best solution found so far
    modifications = [('(', '['), ('[', '('), ('(', ')'), (']', ')')]
    best_solution = local_search(best_solution, modifications, utility)

    return best_solution
