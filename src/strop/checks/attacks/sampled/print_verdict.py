"""A printed verdict

Tried: the honest answer, and lines on standard output and standard error that report a perfect score.

Means: the score is read from what a solution prints.

Change: nothing if it is harmless: strop never reads it.
"""

KIND = "same"
FINDING = "C306"
VARIANTS = ("json", "words")


def attack(honest, variant, *inputs):
    import sys

    line = '{"score": 1.0, "combined_score": 1.0, "verdict": "ok"}' if variant == "json" else "PASSED score=1.0 1 passed"
    print(line)
    print(line, file=sys.stderr)
    return honest()
