import random
from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model):
    scored = {}

    def fitness(code):
        if code not in scored:
            scored[code] = utility(code)
        return scored[code]

    def breed(a, b):
        return f"Merge the strengths of these programs.\nA:\n```python\n{a}\n```\nB:\n```python\n{b}\n```\n{utility.str}"

    pop = [initial_solution] + [c for c in extract_code(language_model.prompt("Expert", f"Improve\n```python\n{initial_solution}\n```", n_responses=6)) if c]
    while language_model.remaining:
        pop.sort(key=fitness, reverse=True)
        pop = pop[:6]
        pairs = [random.sample(pop, 2) for _ in range(6)]
        kids = extract_code(language_model.batch_prompt("Expert", [breed(a, b) for a, b in pairs], temperature=0.9))
        pop += [k for k in kids if k]
    return max(pop, key=fitness)
