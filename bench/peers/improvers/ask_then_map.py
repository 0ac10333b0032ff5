from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    """Ask for every answer in one call, then evaluate all programs in one map."""
    messages = [
        f"Attempt {number}. Improve:\n```python\n{initial_solution}\n```" for number in range(utility.budget - 1)
    ]
    programs = [program for program in extract_code(language_model.batch_prompt("", messages)) if program]
    values = utility.map(programs)
    return max(zip(values, programs, strict=True))[1]
