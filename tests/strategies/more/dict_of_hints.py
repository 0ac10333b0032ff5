from helpers import extract_code

STRATEGIES = {"speed": "Make it as fast as possible.", "memory": "Use less memory than before."}


def improve_algorithm(initial_solution, utility, language_model):
    msgs = [f"Improve {initial_solution}\n{text}" for name, text in STRATEGIES.items()]
    return max(extract_code(language_model.batch_prompt("E", msgs)), key=utility)
