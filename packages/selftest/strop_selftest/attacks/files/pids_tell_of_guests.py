"""Tell from the numbers of processes and threads, or from what is on the stack, how many programs ran before.

Must be observed: each program finds the same, whatever those before it did, where there are namespaces. Source: a finding of our
own: a program told the final comparison from training by its process id.
"""

from strop.sandbox.base import GuestProgram, Limits

NUMBERS = ()
ROLE = "host"
PROTECTION = "existence"
LOOKS = GuestProgram(
    """
import os, sys, threading

def look(threads):
    found, frame, numbers = [], sys._getframe(), []
    for _ in range(threads):
        thread = threading.Thread(target=lambda: found.append(threading.get_native_id()))
        thread.start()
        thread.join()
    while frame := frame.f_back:
        numbers += [[name, each] for name, each in frame.f_locals.items() if type(each) is int and name != "seed"]
    return [os.getpid(), os.getppid(), found[0], numbers]
""",
    "look",
)


def check(ground):
    found = []
    for threads in (1, 1, 5, 40, 1, 1):
        with ground.sandbox.open(LOOKS, Limits()) as guest:
            found.append(str(guest.call([threads], seed=0).value))
    return sorted(set(found)) if len(set(found)) > 1 else []
