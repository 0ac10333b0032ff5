"""Answers from memory

Tried: the first instance's answer, or the instance before's, given again and again: calls share a process.

Means: instances have one answer in common, so that remembering is enough.

Change: draw instances whose answers differ.
"""

KIND = "trivial"
FINDING = "C303"
VARIANTS = ("first", "before")

kept = []


def attack(honest, variant, *inputs):
    kept.append(honest())
    return kept[0] if variant == "first" else kept[max(len(kept) - 2, 0)]
