"""good sat: Pick a violated clause and flip the variable that breaks the fewest others, or sometimes any of it (WalkSAT)."""
import random
import time


def satisfy(clauses):
    """WalkSAT with break counts and free moves; stops after 50 ms of processor time with the best assignment seen."""
    size = max((abs(literal) for clause in clauses for literal in clause), default=0)
    occurrences = {}
    for index, clause in enumerate(clauses):
        for literal in clause:
            occurrences.setdefault(literal, []).append(index)
    values = [False] + [random.random() < 0.5 for _ in range(size)]
    true_counts = [sum(values[abs(x)] == (x > 0) for x in clause) for clause in clauses]
    violated = {index for index, count in enumerate(true_counts) if count == 0}
    best, fewest = list(values), len(violated)
    deadline = time.process_time() + 0.05

    def breaks(variable):
        literal = variable if values[variable] else -variable
        return sum(true_counts[index] == 1 for index in occurrences.get(literal, ()))

    while violated and time.process_time() < deadline:
        variables = [abs(literal) for literal in clauses[random.choice(tuple(violated))]]
        costs = [breaks(variable) for variable in variables]
        if min(costs) > 0 and random.random() < 0.5:
            flipped = random.choice(variables)
        else:
            flipped = variables[costs.index(min(costs))]
        old = flipped if values[flipped] else -flipped
        values[flipped] = not values[flipped]
        for index in occurrences.get(old, ()):
            true_counts[index] -= 1
            if true_counts[index] == 0:
                violated.add(index)
        for index in occurrences.get(-old, ()):
            true_counts[index] += 1
            violated.discard(index)
        if len(violated) < fewest:
            best, fewest = list(values), len(violated)
    return best
