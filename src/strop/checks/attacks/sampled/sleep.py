"""Waiting before answering

Tried: the honest answer, after 0.1 seconds of sleep in each of the first three calls.

Means: time is part of the score (the published modified-qap adds it: sleeping is winning).

Change: take time out of the score.
"""

KIND = "same"
FINDING = "C206"
VARIANTS = (0.1,)


calls = 0


def attack(honest, variant, *inputs):
    import time

    global calls
    calls += 1
    if calls <= 3:
        time.sleep(variant)
    return honest()
