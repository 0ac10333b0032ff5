from helpers import extract_code

PROMPTS = ["Optimize the loops.", "Use numpy please.", "Rewrite from scratch."]


def improve_algorithm(initial_solution, utility, language_model):
    counts = [0] * len(PROMPTS)
    values = [0.0] * len(PROMPTS)
    best, best_u = initial_solution, utility(initial_solution)
    for t in range(language_model.budget):
        i = max(range(len(PROMPTS)), key=lambda k: values[k])
        codes = extract_code(language_model.prompt("E", f"{PROMPTS[i]}\n{best}", n_responses=4))
        us = [utility(c) for c in codes]
        counts[i] += 1
        values[i] += (max(us) - values[i]) / counts[i]
        if max(us) > best_u:
            best, best_u = codes[us.index(max(us))], max(us)
    return best
