"""Leave a `sitecustomize` for the next process of the own room, which writes to every socket, ends itself, or never ends.

Must be observed: that process alone has ended, by its own doing or by its limit, and the next room is as it should be. Source: a
finding of our own: one byte into the channel of the first process ended the tree, and with it the run.
"""

from strop.sandbox.base import Died, Returned, TimedOut
from strop_selftest.rooms import rooms

NUMBERS = ()
ROLE = "host"
HOOKS = {
    """
import socket, os, array
for number in range(3, 1024):
    try:
        with socket.socket(fileno=os.dup(number)) as end:
            end.setblocking(False)
            end.send(b"x")
            end.sendmsg([b"{}"], [(1, 1, array.array("i", [0, 1, 2]))])
    except OSError:
        pass
""": (Returned, Died),
    "import os\nos._exit(3)\n": Died,
    "import os, signal\nos.kill(0, signal.SIGKILL)\nos.close(5)\nos.closerange(0, 5)\n": Died,
    "while True:\n    pass\n": TimedOut,
}


def check(ground):
    signs = []
    with rooms() as tree:
        for hook, expected in HOOKS.items() if tree is not None else ():
            outcome = tree.after(hook)
            signs += [] if isinstance(outcome, expected) else [f"{hook!r}: {outcome}"]
            signs += tree.untouched()
    return signs
