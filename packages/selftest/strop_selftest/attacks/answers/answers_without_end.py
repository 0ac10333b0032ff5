"""Answer the first instance again and again, for as long as the host reads.

Must be observed: a violation at once, without a score for the first instance.
Source: our own find: the host counted all waiting answers at every instance, which took the square of their number.
"""

from frames import encode, write

NUMBERS = ()
ROLE = "answer"
TASK = "trusting"
INSTANCES = 300
CONTROL = "architecture"
OBSERVED = {"verdict": "violated", "error": "more was sent", "value": 0.0, "audit": {"R003": 1}}


def algorithm(n):
    while True:
        write(4, encode(["returned", [1]]) * 40_000)
