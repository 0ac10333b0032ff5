from dataclasses import dataclass

from helpers import extract_code


@dataclass
class Candidate:
    code: str
    score: float


def improve_algorithm(initial_solution, utility, language_model):
    pool = [Candidate(initial_solution, utility(initial_solution))]
    while language_model.remaining > 0:
        pool.sort(key=lambda c: c.score, reverse=True)
        pool = pool[:3]
        for cand in list(pool):
            for r in extract_code(language_model.prompt("E", f"Improve {cand.code}", n_responses=3)):
                pool.append(Candidate(r, utility(r)))
    return max(pool, key=lambda c: c.score).code
