from concurrent.futures import ThreadPoolExecutor

from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    def one(i):
        return extract_code(language_model.prompt("E", f"Improve {initial_solution}", n_responses=6))

    with ThreadPoolExecutor() as pool:
        found = [c for cs in pool.map(one, range(language_model.budget)) for c in cs]
    return max(found, key=utility)
