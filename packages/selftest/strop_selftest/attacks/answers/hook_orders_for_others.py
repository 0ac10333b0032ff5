"""Leave a `sitecustomize` for the next process of the own room, which writes orders of the host into every pipe that it finds.

Must be observed: the next room's guest does what the host asks it, and nothing else. Source: a finding of our own: such a hook
had the input of the guest that waited for the next evaluation, and made the original's answers worse.
"""

from strop_selftest.rooms import rooms

NUMBERS = ()
ROLE = "host"
HOOK = """
import json, os, struct
evil = "import builtins\\ndef go():\\n    builtins.FOUND = ['spoiled']\\n"
frames = b""
for order in (
    {"op": "load", "text": evil, "entry": "go", "role": "solution", "module": None},
    {"op": "call", "seed": None, "arguments": []},
):
    text = json.dumps(order).encode()
    frames += struct.pack("<II", len(text), 0) + text
for number in range(3, 1024):
    try:
        if number != 4:  # its own answers
            os.set_blocking(number, False)
            os.write(number, frames)
    except OSError:
        pass
"""


def check(ground):
    with rooms() as tree:
        if tree is None:
            return []
        tree.after(HOOK)
        return [*tree.untouched(), *tree.untouched()]
