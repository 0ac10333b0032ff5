from concurrent.futures import ThreadPoolExecutor, as_completed

from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    prompt = "Improve this:\n" + initial_solution
    results = []
    with ThreadPoolExecutor(4) as ex:
        futures = [ex.submit(language_model.prompt, "E", prompt, 6) for _ in range(language_model.budget)]
        for f in as_completed(futures):
            for code in extract_code(f.result()):
                results.append((utility(code), code))
    return max(results, key=lambda r: r[0])[1]
