"""In a command: a child of the lowest priority on the same core waits all the time, and waiting for a core makes limits longer.

Must be observed: the command ends at its limit. Source: found by attack; the longest wait of any process counted.
"""

import sys
import tempfile
from pathlib import Path

from strop.sandbox.workspace.base import CommandLimits, Tree
from strop.sandbox.workspace.jail import Workspaces

NUMBERS = ()
ROLE = "host"
PROGRAM = """
import os, time
os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
works, waits = WORKS
if os.fork() == 0:
    os.nice(19 * waits)
    while time.process_time() < 5:
        pass
    os._exit(0)
os.nice(19 * works)
while time.process_time() < 5 and os.waitpid(-1, os.WNOHANG) == (0, 0):
    pass
"""


def check(ground):
    found = []
    with tempfile.TemporaryDirectory() as folder, Workspaces(slots=1, require=()) as workspaces:
        for works in ("0, 1", "1, 0", "0, 0"):
            with workspaces.open(Tree(Path(folder), {"waits.py": PROGRAM.replace("WORKS", works)})) as workspace:
                ran = workspace.run(f"exec '{sys.executable}' -S waits.py", CommandLimits(wall_seconds=1.0))
                if ran.ending != "timeout" or ran.cpu_seconds > 3:
                    found.append(f"priorities {works}: {ran.detail} after {ran.cpu_seconds:.1f} s of CPU time")
    return found
