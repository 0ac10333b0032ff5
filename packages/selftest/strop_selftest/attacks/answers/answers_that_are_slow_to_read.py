"""Answer all instances with eight megabytes of zeros each, in a moment of its own time, for the host to read.

Must be observed: a violation at the first, and nothing more is read of this program.
Source: our own find: a solution of a task with 50 instances could hold the host for minutes, once in each evaluation.
"""

import os

from frames import HEADER, write

NUMBERS = ()
ROLE = "answer"
TASK = "trusting"
INSTANCES = 8
CONTROL = "architecture"
OBSERVED = {"verdict": "violated", "error": "more items", "value": 0.0, "audit": {"R003": 1}}


def algorithm(n):
    zeros = framed(b'["l",["s",8],["l",' + b"0," * 4_000_000 + b"0]]")
    for _ in range(INSTANCES):  # the orders of all instances are there
        write(4, zeros)
    os._exit(0)


def framed(document, contents=b"returned"):
    """A frame with a message of this document and these contents."""
    data = len(document).to_bytes(4, "little") + document + contents
    return HEADER.pack(len(data), 0) + data
