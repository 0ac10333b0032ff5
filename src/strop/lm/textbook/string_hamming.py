"""Flip as many letters of the target as the distance says.

shape: string
grade: mediocre
"""


def construct(target, distance):
    """Right where the distance counts mismatches alone."""
    letters = sorted(set(target)) if len(set(target)) > 1 else sorted({*target, *"AB"})
    flips = max(0, min(len(target), distance))
    flipped = "".join(letters[(letters.index(letter) + 1) % len(letters)] for letter in target[:flips])
    return flipped + target[flips:]
