"""Keep a beam of the three best solutions and expand all of them with every call (beam search).

shape: improver
grade: good
"""
from helpers import extract_code

EXPERTISE = "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms."


def message_for(solution, description):
    """The prompt of Figure 2."""
    return f"""Improve the following solution:
```python
{solution}
```

You will be evaluated based on this score function:
```python
{description}
```

You must return an improved solution. Be as creative as you can under the constraints.
Your primary improvement must be novel and non-trivial. First, propose an idea, then implement it."""


def improve_algorithm(initial_solution, utility, language_model):
    """Beam search over solutions; the responses of a call are shared among the beam."""
    beam_width = 3
    beam = [(utility(initial_solution), initial_solution)]
    for _ in range(language_model.budget):
        messages = [message_for(solution, utility.str) for _, solution in beam]
        count = language_model.max_responses_per_call
        shared = [messages[index % len(messages)] for index in range(count)]
        candidates = extract_code(language_model.batch_prompt(EXPERTISE, shared, temperature=0.8))
        known = {solution for _, solution in beam}
        candidates = [code for code in dict.fromkeys(candidates) if code and code not in known]
        beam += list(zip(utility.map(candidates), candidates))
        beam.sort(key=lambda pair: pair[0], reverse=True)
        beam = beam[:beam_width]
    return beam[0][1]
