"""Leave a `sitecustomize` for the next process of the own room, which writes orders of the host into every pipe that it finds.

Must be observed: the next room's guest does what the host asks it, and nothing else. Source: a finding of our own: such a hook
had the input of the guest that waited for the next evaluation, and made the original's answers worse.
"""

from strop_selftest.rooms import rooms

NUMBERS = ()
ROLE = "host"
HOOK = """
import json, os, struct
def framed(document, *contents):
    data = len(document).to_bytes(4, "little") + document + b"".join(contents)
    return data
evil = "import builtins\\ndef go():\\n    builtins.FOUND = ['spoiled']\\n"
size = len(evil)
load = framed(b'["l",["s",4],["s",%d],["s",2],["s",8],null]' % size, b"load", evil.encode(), b"go", b"solution")
call, nothing = framed(b'["l",["s",4],null]', b"call"), framed(b'["l"]')
frames = struct.pack("<II", len(load), 0) + load + struct.pack("<II", len(call), len(nothing)) + call + nothing
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
