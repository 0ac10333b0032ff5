import random


def algorithm(formula):
    """Random walk: flip a variable of an unsatisfied clause, at most 1000 times."""
    assignment = [False] * (max(abs(literal) for clause in formula for literal in clause) + 1)
    for _ in range(1000):
        unsatisfied = [clause for clause in formula if not any(assignment[abs(x)] == (x > 0) for x in clause)]
        if not unsatisfied:
            return assignment
        clause = random.choice(unsatisfied)
        literal = random.choice(clause) if random.random() < 0.4 else clause[0]
        assignment[abs(literal)] = not assignment[abs(literal)]
    return None
