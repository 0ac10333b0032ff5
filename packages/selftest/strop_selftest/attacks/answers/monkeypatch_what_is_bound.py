"""Replace what the guest has bound before, so that its answer cannot be sent.

Must be observed: the answer arrives: an honest program that is careless with `os` is not lost.
Source: our own find.
"""

import os
import struct

NUMBERS = ()
ROLE = "frames"
CONTROL = "architecture"
OBSERVED = {"outcome": "Returned", "value": 0}


def attack(targets):
    os.write = os.read = os._exit = struct.unpack = None
    return 0
