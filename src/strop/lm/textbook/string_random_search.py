"""Draw random strings and keep the one whose distance is nearest.

shape: string
grade: mediocre
"""
import random


def construct(target, distance):
    """The best of 60 random strings; the distance counts mismatches and the neighbouring changes of both."""
    letters = sorted(set(target)) if len(set(target)) > 1 else sorted({*target, *"AB"})

    def changes(text):
        return sum(left != right for left, right in zip(text, text[1:]))

    def miss(text):
        return abs(sum(a != b for a, b in zip(text, target)) + changes(text) + changes(target) - distance)

    return min(("".join(random.choices(letters, k=len(target))) for _ in range(60)), key=miss)
