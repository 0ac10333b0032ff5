import ast
from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    source, value = initial_solution, utility(initial_solution)
    names = [node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    for name in names[: language_model.budget]:
        node = next(n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef) and n.name == name)
        body = ast.get_source_segment(source, node)
        for new in extract_code(language_model.prompt("Expert", f"Improve only this function:\n```python\n{body}\n```", n_responses=5)):
            if new:
                trial = source.replace(body, new)
                if utility(trial) > value:
                    source, value = trial, utility(trial)
    return source
