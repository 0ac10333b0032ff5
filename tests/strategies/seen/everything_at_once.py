from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    n = language_model.budget * language_model.max_responses_per_call
    message = "Improve\n```python\n{}\n```\n{}".format(initial_solution, utility.str)
    answers = language_model.batch_prompt("Expert", [message for _ in range(n)])
    return max([c for c in extract_code(answers) if c] or [initial_solution], key=utility)
