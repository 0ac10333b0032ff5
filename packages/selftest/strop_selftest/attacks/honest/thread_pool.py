"""Compute in a pool of threads.

Must be observed: it works. Source: strop's own list of honest code.
"""

from concurrent.futures import ThreadPoolExecutor

NUMBERS = (152,)
ROLE = "solution"
OBSERVED = {"outcome": "Returned"}


def attack(targets):
    with ThreadPoolExecutor(16) as pool:
        if sum(pool.map(lambda number: number * number, range(100))) != 328350:
            return "wrong"
