from concurrent.futures import ThreadPoolExecutor
from functools import partial
from helpers import extract_code


def sample(lm, text, _):
    return extract_code(lm.prompt("Expert", text, n_responses=lm.max_responses_per_call))


def improve_algorithm(initial_solution, utility, language_model):
    text = f"Improve this.\n```python\n{initial_solution}\n```\n{utility.str}"
    with ThreadPoolExecutor(4) as pool:
        batches = list(pool.map(partial(sample, language_model, text), range(language_model.budget)))
    options = {code for batch in batches for code in batch if code}
    return max(options | {initial_solution}, key=utility)
