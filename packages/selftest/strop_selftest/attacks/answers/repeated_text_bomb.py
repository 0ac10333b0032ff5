"""A request of a hundred bytes for responses to a hundred million equal texts.

Must be observed: it is not unfolded, and refused as what it is, a dict.
Source: our own find, in our own envelope for repeated texts.
"""

import time

from frames import HEADER, write

CASES = (  # responses to one prompt: a text, and how many
    b'["D",["s",1],100000000]',
    b'["D",["s",1],2000001]',
)
CASE = 0
NUMBERS = ()
ROLE = "improver"
CONTROL = "architecture"
OBSERVED = {"solution": "refused", "lm_calls": 0}


def improve_algorithm(initial_solution, utility, language_model):
    head = b'["l",["s",7],1,["s",2],["l",["s",1],%b,0.7],false]' % CASES[CASE]
    write(4, framed(head, b"requestlmex"))
    time.sleep(0.2)
    return "refused"


def framed(document, contents=b"returned"):
    """A frame with a message of this document and these contents."""
    data = len(document).to_bytes(4, "little") + document + contents
    return HEADER.pack(len(data), 0) + data
