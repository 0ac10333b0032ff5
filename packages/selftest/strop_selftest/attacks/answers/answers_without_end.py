"""Answer the first instance again and again, for as long as the host reads.

Must be observed: a violation at once, without a score for the first instance.
Source: our own find: the host counted all waiting answers at every instance, which took the square of their number.
"""

from frames import HEADER, write

NUMBERS = ()
ROLE = "answer"
TASK = "trusting"
INSTANCES = 300
CONTROL = "architecture"
OBSERVED = {"verdict": "violated", "error": "more was sent", "value": 0.0, "audit": {"R003": 1}}


def algorithm(n):
    text = b'{"returned":[1]}'
    while True:
        write(4, (HEADER.pack(len(text), 0) + text) * 40_000)
