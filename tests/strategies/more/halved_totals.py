from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    cands = extract_code(language_model.prompt("E", f"Improve {initial_solution}", n_responses=8))
    totals = {c: 0.0 for c in cands}
    while len(totals) > 1:
        for c in totals:
            totals[c] += utility(c)
        keep = max(1, len(totals) // 2)
        best = sorted(totals.items(), key=lambda kv: kv[1], reverse=True)[:keep]
        totals = dict(best)
    return next(iter(totals))
