from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    shown = f"```python\n{initial_solution}\n```\n{utility.str}"
    plan = language_model.prompt("Expert", shown + "\nThink step by step about how to improve this. Do not write code yet.")[0]
    answer = language_model.prompt("Expert", f"{shown}\nYour plan:\n{plan}\nNow write the improved program.")[0]
    return extract_code(answer) or initial_solution
