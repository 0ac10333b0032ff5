import ast

from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    best = initial_solution
    for node in ast.parse(best).body:
        if isinstance(node, ast.FunctionDef):
            src = ast.unparse(node)
            new = extract_code(language_model.prompt("E", f"Improve this function\n{src}"))[0]
            cand = best.replace(src, new)
            if utility(cand) > utility(best):
                best = cand
    return best
