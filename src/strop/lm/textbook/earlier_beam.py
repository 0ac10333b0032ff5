"""Keep the three best solutions and improve them in turn, cooler every round (beam search).

shape: improver-earlier
grade: good
"""
from language_model import LanguageModel
from helpers import extract_code

ROLE = "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms."


def message_for(solution, description):
    """The prompt; the current solution comes first."""
    return f"""You must improve the following code:
```python
{solution}
```

You will be evaluated based on the following score function:
```python
{description}
```

When run, your script must define an improved solution. Try to be as creative as possible under the constraints.
Your primary improvement must be novel and non-trivial. First, propose an idea for an improvement, then implement it."""


def improve_algorithm(initial_solution, utility_str, utility):
    """Beam search with a falling temperature."""
    language_model = LanguageModel(ROLE)
    beam, temperature = [(utility(initial_solution), initial_solution)], 1.0
    for call in range(language_model.budget):
        _, solution = beam[call % len(beam)]
        message = message_for(solution, utility_str)
        count = language_model.max_responses_per_call
        candidates = extract_code(language_model.prompt(message, n_responses=count, temperature=temperature))
        beam += [(utility(candidate), candidate) for candidate in dict.fromkeys(candidates) if candidate]
        beam = sorted(beam, key=lambda pair: pair[0], reverse=True)[:3]
        temperature *= 0.8
    return beam[0][1]
