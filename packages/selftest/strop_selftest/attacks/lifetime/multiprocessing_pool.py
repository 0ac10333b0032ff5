"""Start worker processes with multiprocessing.

Must be observed: an error. Source: STOP's own code bans the text `ProcessPool`.
"""

import multiprocessing

NUMBERS = (75,)
ROLE = "solution"


def attack(targets):
    process = multiprocessing.get_context("fork").Process(target=int)
    process.start()
    process.join()
    return f"worked with status {process.exitcode}"
