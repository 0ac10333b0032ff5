from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    current = initial_solution
    current_value = utility(current)
    while language_model.remaining and utility.remaining:
        replies = language_model.prompt(
            "Careful engineer",
            f"Make one small edit to this program, touching at most two lines:\n```python\n{current}\n```\n{utility.str}",
            n_responses=6,
            temperature=0.6,
        )
        values = {reply: utility(reply) for reply in extract_code(replies) if reply}
        if values and max(values.values()) > current_value:
            current = max(values, key=values.get)
            current_value = values[current]
    return current
