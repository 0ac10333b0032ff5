"""64 threads race for the last calls of both handles.

Observed: exactly the granted 4 calls and 25 evaluations are served.
"""

import threading


def improve_algorithm(initial_solution, utility, language_model):
    served, start = [], threading.Barrier(64)

    def race():
        start.wait()
        for _ in range(3):
            try:
                served.extend(language_model.prompt("e", "m"))
            except Exception:
                pass
            utility(initial_solution)

    threads = [threading.Thread(target=race) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return str(len(served))
