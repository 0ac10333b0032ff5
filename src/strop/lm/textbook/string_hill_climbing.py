"""Start from the target and flip single letters as long as the distance comes nearer, with random restarts.

shape: string
grade: good
"""
import random


def construct(target, distance):
    """Local search; the distance counts mismatches and the neighbouring changes of both strings."""
    letters = sorted(set(target)) if len(set(target)) > 1 else sorted({*target, *"AB"})

    def changes(text):
        return sum(left != right for left, right in zip(text, text[1:]))

    def miss(text):
        return abs(sum(a != b for a, b in zip(text, target)) + changes(text) + changes(target) - distance)

    best = target
    for _ in range(10):
        text = [random.choice(letters) for _ in target]
        for _ in range(60):
            if miss(text) < miss(best):
                best = "".join(text)
            if miss(best) == 0:
                return best
            place = random.randrange(len(target))
            changed = text[:place] + [random.choice(letters)] + text[place + 1 :]
            if miss(changed) <= miss(text):
                text = changed
    return best
