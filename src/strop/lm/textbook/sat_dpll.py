"""Branch on a literal of the shortest clause and propagate unit clauses (DPLL), as long as time permits.

shape: sat
grade: good
"""
import time


def simplify(clauses, literal):
    """The clauses that remain when the literal is true, or None where one becomes empty."""
    remaining = []
    for clause in clauses:
        if literal in clause:
            continue
        if -literal in clause:
            clause = [other for other in clause if other != -literal]
            if not clause:
                return None
        remaining.append(clause)
    return remaining


def search(clauses, chosen, deadline):
    """The literals of a satisfying assignment, or None where there is none or time is up."""
    while True:
        unit = next((clause[0] for clause in clauses if len(clause) == 1), None)
        if unit is None:
            break
        clauses = simplify(clauses, unit)
        if clauses is None:
            return None
        chosen = chosen + [unit]
    if not clauses:
        return chosen
    if time.process_time() > deadline:
        return None
    literal = min(clauses, key=len)[0]
    for choice in (literal, -literal):
        rest = simplify(clauses, choice)
        if rest is not None:
            found = search(rest, chosen + [choice], deadline)
            if found is not None:
                return found
    return None


def satisfy(clauses):
    """DPLL with unit propagation; all false where it finds nothing within 60 ms of processor time."""
    size = max((abs(literal) for clause in clauses for literal in clause), default=0)
    values = [False] * (size + 1)
    found = search([list(clause) for clause in clauses], [], time.process_time() + 0.06)
    for literal in found or []:
        values[abs(literal)] = literal > 0
    return values
