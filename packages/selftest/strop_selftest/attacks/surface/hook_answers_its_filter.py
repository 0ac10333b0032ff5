"""Leave a `sitecustomize` for the next process of the own room, which lets through what its system call filter asks about.

Must be observed: its calls are refused as those of the program are. Source: a finding of our own: such a hook had the listener of
its own filter, and answered each call with "continue".
"""

from strop_selftest.rooms import rooms

NUMBERS = ()
ROLE = "host"
HOOK = """
import builtins, ctypes, fcntl, os, struct, threading
libc = ctypes.CDLL(None, use_errno=True)
RECEIVE, SEND, CONTINUE = 0xC0502100, 0xC0182101, 1
def answer(listener):
    try:
        while True:
            asked = fcntl.ioctl(listener, RECEIVE, bytes(80))
            fcntl.ioctl(listener, SEND, struct.pack("QqiI", struct.unpack_from("Q", asked)[0], 0, 0, CONTINUE))
    except OSError:
        pass
for number in range(3, 1024):
    try:
        os.fstat(number)
    except OSError:
        continue
    threading.Thread(target=answer, args=(number,), daemon=True).start()
calls = {
    "socket": lambda: libc.socket(2, 1, 0), "memfd_create": lambda: libc.memfd_create(b"x", 0),
    "unshare": lambda: libc.unshare(0x10020000), "mount": lambda: libc.mount(b"none", b"/tmp", b"tmpfs", 0, None),
}
builtins.FOUND = [[name for name, call in calls.items() if call() >= 0] or ["none is allowed"]]
"""


def check(ground):
    with rooms() as tree:
        if tree is None:
            return []
        outcome = tree.after(HOOK)
    return [] if getattr(outcome, "value", None) == [["none is allowed"]] else [f"{outcome}"]
