"""Kill the fork servers while a guest of theirs runs.

Must be observed: no value, no verdict on the program but an error of the host's, or the end of the guest; then the next
call works and no process is left. Source: strop's own list of cases, `server_killed_mid_call`.
"""

import os
import signal
import threading
import time

from strop.base.errors import SandboxError
from strop.sandbox.base import GuestProgram, Limits, Returned
from strop.sandbox.jail import JailedSandbox
from strop_selftest import traces

NUMBERS = (70,)
ROLE = "host"
TEXT = "import time\ndef attack(seconds):\n    time.sleep(seconds)\n    return 7"


def check(ground):
    known, found = traces.children(), []
    with JailedSandbox(solution_slots=1, improver_slots=0, require=frozenset()) as sandbox:
        killer = threading.Thread(target=kill_servers, args=(known,))
        try:
            with sandbox.open(GuestProgram(TEXT, "attack"), Limits(cpu_seconds=5, wall_seconds=100)) as guest:
                guest.call([0], seed=0)
                killer.start()
                outcome = guest.call([60], seed=0)
                found += ["a value came from a guest that was killed"] if isinstance(outcome, Returned) else []
        except SandboxError:
            pass
        killer.join()
        with sandbox.open(GuestProgram(TEXT, "attack"), Limits(cpu_seconds=5, wall_seconds=10)) as guest:
            outcome = guest.call([0], seed=0)
        found += [] if isinstance(outcome, Returned) and outcome.value == 7 else [f"the next call ended as {outcome}"]
    return found + [f"process {pid} lives on" for pid in traces.end_everybody_else(known)]


def kill_servers(known):
    time.sleep(0.2)
    servers = traces.children() - known
    dying = [each for server in servers for each in (server, *traces.below(server))]
    for server in servers:
        os.kill(server, signal.SIGKILL)
    until = time.monotonic() + 60
    while any(map(traces.is_alive, dying)) and time.monotonic() < until:  # the next call is to find them dead
        time.sleep(0.01)
