from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    tried = [(utility(initial_solution), initial_solution)]
    for _ in range(language_model.budget):
        tried.sort(key=lambda pair: pair[0])
        shown = "\n\n".join(f"score {u:.3f}:\n```python\n{c}\n```" for u, c in tried[-4:])
        answers = language_model.prompt("Expert", f"Attempts so far, worst first:\n{shown}\n{utility.str}\nWrite one that scores higher.", n_responses=6)
        tried += [(utility(c), c) for c in extract_code(answers) if c]
    return max(tried)[1]
