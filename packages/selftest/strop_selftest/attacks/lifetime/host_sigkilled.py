"""Kill the host while a guest of its loops.

Must be observed: no process of the host's is left a moment later. Source: strop's own list of cases, `host_sigkilled`: a server
that waits for its guest does not notice that its host has died.
"""

import os
import signal
import subprocess
import sys
import time

from strop_selftest import traces

NUMBERS = (69,)
ROLE = "host"
BUSY_SECONDS = 0.6
"""CPU time after which a process below the host is the guest that loops: starting takes a server less."""
HOST = """
from strop.sandbox.base import GuestProgram, Limits
from strop.sandbox.jail import JailedSandbox
text = "def attack():\\n    while True: pass"
with JailedSandbox(solution_slots=1, improver_slots=0, require=frozenset()) as sandbox:
    with sandbox.open(GuestProgram(text, "attack"), Limits(cpu_seconds=100, wall_seconds=100)) as guest:
        print("calling", flush=True)
        guest.call([], seed=0)
"""


def check(ground):
    known = traces.children()
    host = subprocess.Popen([sys.executable, "-c", HOST], stdout=subprocess.PIPE)
    said = host.stdout.readline()
    until = time.monotonic() + 60
    while time.monotonic() < until and not any(
        traces.cpu_seconds(pid) > BUSY_SECONDS for pid in traces.below(host.pid)
    ):
        time.sleep(0.01)
    found = [] if said == b"calling\n" and time.monotonic() < until else ["the host did not start its guest"]
    os.kill(host.pid, signal.SIGKILL)
    host.wait()
    host.stdout.close()
    return found + [f"process {pid} lives on" for pid in traces.end_everybody_else(known)]
