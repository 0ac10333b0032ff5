from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    """Beam search over solutions."""
    best, u = initial_solution, utility(initial_solution)
    stuck = 0
    for _ in range(language_model.budget):
        warmth = min(1.5, 0.4 + 0.3 * stuck)
        ans = language_model.batch_prompt("Expert", [f"Improve\n```python\n{best}\n```\n{utility.str}"] * 6, temperature=warmth)
        scored = [(utility(c), c) for c in extract_code(ans) if c]
        top = max(scored, default=(0, None))
        if top[0] > u:
            u, best = top
            stuck = 0
        else:
            stuck += 1
    return best
