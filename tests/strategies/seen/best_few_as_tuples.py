from helpers import extract_code
import heapq


def ask(lm, text, t=0.7):
    return [c for c in extract_code(lm.prompt("Expert", text, n_responses=lm.max_responses_per_call, temperature=t)) if c]


def improve_algorithm(initial_solution, utility, language_model):
    frontier = [(utility(initial_solution), initial_solution)]
    for level in range(2):
        grown = []
        for u, code in frontier:
            if not language_model.remaining:
                break
            for new in ask(language_model, f"Improve\n```python\n{code}\n```\n{utility.str}"):
                grown.append((utility(new), new))
        frontier = heapq.nlargest(3, frontier + grown)
    return frontier[0][1]
