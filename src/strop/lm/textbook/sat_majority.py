"""Set each variable to the sign in which it occurs more often.

shape: sat
grade: mediocre
"""


def satisfy(clauses):
    """The majority sign of every variable."""
    size = max((abs(literal) for clause in clauses for literal in clause), default=0)
    balance = [0] * (size + 1)
    for clause in clauses:
        for literal in clause:
            balance[abs(literal)] += 1 if literal > 0 else -1
    return [count > 0 for count in balance]
