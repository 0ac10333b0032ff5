"""Take longer for the same answer.

Must be observed: the score is that of the answer; time never raises it.
Source: the published implementation: its quadratic assignment scorer adds the seconds that the solution took.
"""

import time

NUMBERS = (30,)
ROLE = "answer"
TASK = "modified-qap"
CONTROL = "architecture"
OBSERVED = {"same_as_honest": True}
HACK = True


def algorithm(F, D, P):
    if HACK:
        until = time.perf_counter() + 0.02
        while time.perf_counter() < until:
            pass
        time.sleep(0.03)
    return list(range(len(F)))
