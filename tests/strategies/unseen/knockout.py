from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    msg = f"Improve:\n```python\n{initial_solution}\n```\n{utility.str}"
    field = [c for c in extract_code(language_model.prompt("Expert", msg, n_responses=12, temperature=1.0)) if c]
    totals = {c: 0.0 for c in field}
    keep = len(field)
    while keep > 1:
        for c in field:
            totals[c] += utility(c)
        field.sort(key=totals.__getitem__, reverse=True)
        keep = keep // 2
        field = field[:keep]
    return field[0] if field else initial_solution
