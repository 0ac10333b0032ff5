"""An answer sent between two calls, before its question.

Must be observed: the first answer counts, the second call is a violation.
Source: our own find.
"""

import threading
import time

from frames import encode, write

NUMBERS = ()
ROLE = "frames"
CALLS = 2
PAUSE = 5
CONTROL = "architecture"
OBSERVED = {"outcome": ["Returned", "Violated"], "reason": "between two calls"}


def attack(targets):
    threading.Thread(target=later).start()
    return 0


def later():
    time.sleep(0.35)  # a fraction of the pause: the answer is on its way, even on a busy machine
    write(4, encode(["returned", 1]))
