"""Requests whose fields have other types than the protocol's.

Must be observed: a violation of the protocol; nothing is served.
Source: our own find.
"""

import time

from frames import encode, write

CASES = (
    ["request", "1", "lm", [], False],
    ["request", True, "lm", [], False],
    ["request", 1.5, "lm", [], False],
    ["request", 1, ["lm"], [], False],
    ["request", 1, "lm", {}, False],
    ["request", 1, "lm", [], 0],
)
CASE = 0
NUMBERS = ()
ROLE = "improver"
CONTROL = "architecture"
OBSERVED = {"outcome": "violated", "reason": "unknown or malformed"}


def improve_algorithm(initial_solution, utility, language_model):
    write(4, encode(CASES[CASE]))
    time.sleep(60)
