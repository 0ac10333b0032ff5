import random
from helpers import extract_code

PROMPT = """Two programs for the same job follow.

```python
{mum}
```

```python
{dad}
```

Write one program that takes the better ideas of each. Scoring:
{score}
"""


def pick(herd, rng, size=3):
    contenders = rng.sample(sorted(herd), min(size, len(herd)))
    return max(contenders, key=lambda c: herd[c])


def improve_algorithm(initial_solution, utility, language_model):
    rng = random.Random(7)
    first = language_model.prompt("You write code.", f"Improve:\n```python\n{initial_solution}\n```\n{utility.str}", n_responses=6)
    herd = {initial_solution: utility(initial_solution)}
    for code in filter(None, extract_code(first)):
        herd[code] = utility(code)
    for _ in range(language_model.budget - 1):
        msgs = [PROMPT.format(mum=pick(herd, rng), dad=pick(herd, rng), score=utility.str) for _ in range(6)]
        for code in extract_code(language_model.batch_prompt("You write code.", msgs, temperature=1.0)):
            if code and code not in herd:
                herd[code] = utility(code)
        for weak in sorted(herd, key=herd.get)[:-8]:
            del herd[weak]
    return max(herd, key=herd.get)
