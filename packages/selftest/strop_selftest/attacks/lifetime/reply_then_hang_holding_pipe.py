"""Answer by writing to the pipe itself, then live on and hold the pipe.

Must be observed: the answer counts, nobody waits for the pipe to close, and no process is left. Source: shisad issue
132.
"""

import os
import time

NUMBERS = (66,)
ROLE = "solution"
CONTROL = "architecture"
OBSERVED = {"outcome": "Returned"}


def attack(targets):
    answer = b'{"returned":null}'
    os.write(4, len(answer).to_bytes(4, "little") + bytes(4) + answer)
    time.sleep(5)
    return "slept"
