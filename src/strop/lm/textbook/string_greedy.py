"""Choose each letter so that the running distance stays on the straight line to the wanted one.

shape: string
grade: mediocre
"""


def construct(target, distance):
    """Greedy; the distance counts mismatches and the neighbouring changes of both strings."""
    letters = sorted(set(target)) if len(set(target)) > 1 else sorted({*target, *"AB"})
    running = sum(left != right for left, right in zip(target, target[1:]))
    start, built = running, ""
    for position, wanted in enumerate(target):
        line = start + (distance - start) * (position + 1) / len(target)
        costs = {a: (a != wanted) + (built != "" and a != built[-1]) for a in letters}
        letter = min(letters, key=lambda a: abs(running + costs[a] - line))
        running += costs[letter]
        built += letter
    return built
