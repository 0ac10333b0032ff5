from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    out = language_model.prompt("E", "Improve:\n" + initial_solution, n_responses=language_model.max_responses_per_call)
    cands = [c for c in extract_code(out) if c] + [initial_solution]
    scores = utility.map(cands)
    return cands[scores.index(max(scores))]
