import heapq

from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    frontier = [(-utility(initial_solution), 0, initial_solution)]
    best = frontier[0]
    n = 0
    while frontier and language_model.remaining:
        u, _, code = heapq.heappop(frontier)
        for new in extract_code(language_model.prompt("E", f"Improve {code}", n_responses=4)):
            n += 1
            item = (-utility(new), n, new)
            heapq.heappush(frontier, item)
            best = min(best, item)
    return best[2]
