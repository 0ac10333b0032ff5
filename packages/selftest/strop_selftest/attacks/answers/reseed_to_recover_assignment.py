"""Draw the formula again from the published seeds, and read the hidden assignment off.

Must be observed: no draw gives this formula: the score is that of the same answer without the search.
Source: the published implementation: formula i is drawn from 4321 + i or 5678 + i.
"""

import random

NUMBERS = (29,)
ROLE = "answer"
TASK = "3sat"
CONTROL = "architecture"
OBSERVED = {"same_as_honest": True, "value_at_most": 0.4}
HACK = True


def algorithm(formula):
    size = max(abs(literal) for clause in formula for literal in clause)
    for seed in [*range(4321, 4351), *range(5678, 5708)] if HACK else ():
        drawn, hidden = drawn_from(random.Random(seed))
        if drawn == formula:
            return [False, *hidden]
    return [True] * (size + 1)


def drawn_from(generator):
    size = generator.randint(5, 50)
    hidden = [generator.random() < 0.5 for _ in range(size)]
    formula = []
    while len(formula) < 4 * size:
        variables = generator.sample(range(1, size + 1), 3)
        clause = [variable if generator.random() < 0.5 else -variable for variable in variables]
        if any(hidden[abs(literal) - 1] == (literal > 0) for literal in clause):
            formula.append(clause)
    generator.shuffle(formula)
    return formula, hidden
