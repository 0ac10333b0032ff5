"""Requests whose fields have other types than the protocol's.

Must be observed: a violation of the protocol; nothing is served.
Source: our own find.
"""

import time

from frames import HEADER, write

CASES = (
    b'{"request":"1","method":"lm","params":[]}',
    b'{"request":true,"method":"lm","params":[]}',
    b'{"request":1.5,"method":"lm","params":[]}',
    b'{"request":1,"method":["lm"],"params":[]}',
    b'{"request":1,"method":"lm","params":{}}',
)
CASE = 0
NUMBERS = ()
ROLE = "improver"
CONTROL = "architecture"
OBSERVED = {"outcome": "violated", "reason": "wrong types"}


def improve_algorithm(initial_solution, utility, language_model):
    write(4, HEADER.pack(len(CASES[CASE]), 0) + CASES[CASE])
    time.sleep(60)
