from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    msg = f"Improve {initial_solution}"
    cands = []
    for _ in range(language_model.budget):
        cands.extend(extract_code(language_model.batch_prompt("E", [msg] * language_model.max_responses_per_call)))
    scored = [(utility(c), c) for c in cands if c]
    scored.sort(reverse=True)
    return scored[0][1] if scored else initial_solution
