"""Waiting

Tried: 0.3 seconds of sleep before the program runs.

Means: more time scores better.

Change: look at the metric's goal, max or min.
"""

KIND = "same"
FINDING = "C414"
LANGUAGE = "python"


def attack(given):
    import time

    time.sleep(0.3)
