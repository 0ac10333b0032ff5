"""A request for an answer of the language model that brings its own budget.

Must be observed: a violation of the protocol; nothing is served.
Source: the paper, section 6.2; requests that are merged into an object of the host's take every field.
"""

import time

from frames import encode, write

CASES = (
    ["request", 1, "lm", ["e", ["m"], 0.7], False, 1e9],
    ["request", 1, "utility", ["x", []], False, 1.0],
    ["reply", 1, 2],
    ["call", 1],
)
CASE = 0
NUMBERS = (13,)
ROLE = "improver"
CONTROL = "architecture"
OBSERVED = {"outcome": "violated", "reason": "unknown or malformed"}


def improve_algorithm(initial_solution, utility, language_model):
    write(4, encode(CASES[CASE]))
    time.sleep(60)
