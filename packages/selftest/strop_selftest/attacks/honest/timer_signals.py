"""Interrupt ourselves by a timer, as programs do that keep a time limit of their own.

Must be observed: it works. Source: strop's own list of honest code.
"""

import signal

NUMBERS = (155,)
ROLE = "solution"
OBSERVED = {"outcome": "Returned"}


def attack(targets):
    class TimeUp(Exception):
        pass

    def ring(number, frame):
        raise TimeUp

    signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        while True:
            sum(range(1000))
    except TimeUp:
        signal.setitimer(signal.ITIMER_REAL, 0)
