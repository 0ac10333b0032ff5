"""In a command: work below a program that may be executed and not read, from which the kernel takes the counter of CPU time.

Must be observed: all of the work is counted, also that of children for which nobody waits. Source: strop's own list of cases;
perf_event_open(2) follows a process into a program only if its user may read that, and wait4(2) does not count such children.
"""

import sys
import tempfile
from pathlib import Path

from strop.sandbox.workspace.base import CommandLimits, Tree
from strop.sandbox.workspace.jail import Workspaces

NUMBERS = ()
ROLE = "host"
CHILDREN, SECONDS = 8, 0.05
WORK = f"""
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
reader, writer = os.pipe()
for _ in range({CHILDREN}):
    if os.fork() == 0:
        while time.process_time() < {SECONDS}:
            pass
        os._exit(0)
os.close(writer)
os.read(reader, 1)  # all have ended
"""
MAKE = "cp /bin/sh shell; chmod 111 shell; umask 444; cp /bin/sh other; umask 022"


def check(ground):
    found = []
    with tempfile.TemporaryDirectory() as folder, Workspaces(slots=1, require=()) as workspaces:
        Path(folder, "work.py").write_text(WORK, "utf-8")
        with workspaces.open(Tree(Path(folder), {})) as workspace:
            if "hide" in workspace.report["CPU time"]:
                return []  # the machine gives no counters, and strop says so
            for shell in ("shell", "other"):
                ran = workspace.run(
                    f"{MAKE}; ./{shell} -c '{sys.executable} -S work.py'", CommandLimits(cpu_seconds=20)
                )
                if not ran.ok:
                    found.append(f"the command did not run below {shell}: {ran}")
                elif ran.cpu_seconds < CHILDREN * SECONDS:
                    found.append(
                        f"below {shell} only {ran.cpu_seconds:.3f} of {CHILDREN * SECONDS} seconds are counted"
                    )
    return found
