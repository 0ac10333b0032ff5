import heapq
import itertools
from language_model import LanguageModel
from helpers import extract_code


def improve_algorithm(initial_solution, utility_str, utility):
    lm = LanguageModel("Expert")
    tie = itertools.count()
    queue = [(-utility(initial_solution), next(tie), initial_solution)]
    best = queue[0]
    while lm.remaining and queue:
        _, _, code = heapq.heappop(queue)
        for new in extract_code(lm.prompt(f"Improve\n```python\n{code}\n```\n{utility_str}", n_responses=6, temperature=0.8)):
            if new:
                entry = (-utility(new), next(tie), new)
                best = min(best, entry)
                heapq.heappush(queue, entry)
    return best[2]
