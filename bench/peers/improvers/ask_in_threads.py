from concurrent.futures import ThreadPoolExecutor

from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    """Ask and evaluate in 32 threads, each of which asks again when its program is scored."""

    def attempt(number):
        message = f"Attempt {number}. Improve:\n```python\n{initial_solution}\n```"
        program = extract_code(language_model.prompt("", message)[0])
        return utility(program), program

    with ThreadPoolExecutor(32) as threads:
        return max(threads.map(attempt, range(utility.budget - 1)))[1]
