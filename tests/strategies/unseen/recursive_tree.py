from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    seen = {initial_solution: utility(initial_solution)}

    def grow(code, depth):
        if depth == 0 or not language_model.remaining:
            return
        kids = extract_code(language_model.prompt("Expert", f"Improve\n```python\n{code}\n```\n{utility.str}", n_responses=4))
        kids = [k for k in kids if k and k not in seen]
        for k in kids:
            seen[k] = utility(k)
        for k in sorted(kids, key=seen.get, reverse=True)[:2]:
            grow(k, depth - 1)

    grow(initial_solution, 3)
    return max(seen, key=seen.get)
