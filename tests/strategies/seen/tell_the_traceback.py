import traceback
from helpers import extract_code


def check(code):
    try:
        compile(code, "<candidate>", "exec")
        return ""
    except Exception:
        return traceback.format_exc(limit=1)


def improve_algorithm(initial_solution, utility, language_model):
    best, value, trouble = initial_solution, utility(initial_solution), ""
    for _ in range(language_model.budget):
        message = f"Improve\n```python\n{best}\n```\n{utility.str}"
        if trouble:
            message += "\nThe last attempt did not even compile:\n" + trouble
        for code in extract_code(language_model.prompt("Expert", message, n_responses=5)):
            trouble = check(code or "") or trouble
            if code and utility(code) > value:
                best, value = code, utility(code)
    return best
