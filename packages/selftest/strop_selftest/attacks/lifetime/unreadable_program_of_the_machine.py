"""In a command: work below a program of the machine that may be executed and not read, as some ship set-user-id programs.

Must be observed: all of the work is counted, and ends at its limit. Source: found by attack; the kernel takes the counter of CPU
time from such a program. What wait4(2) says of reaped processes is the least that is told.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from strop.sandbox.workspace.base import CommandLimits, Tree
from strop.sandbox.workspace.jail import Workspaces

NUMBERS = ()
ROLE = "host"
WORK = "import time\nwhile time.process_time() < 0.4:\n    pass\n"


def check(ground):
    found = []
    with tempfile.TemporaryDirectory() as folder, Workspaces(slots=1, require=()) as workspaces:
        tree, tools = Path(folder, "tree"), Path(folder, "tools")
        Path(folder).chmod(0o755)
        for each in (tree, tools):
            each.mkdir()
            each.chmod(0o755)
        for name, mode in (("hidden", 0o711), ("as_another", 0o4711)):
            shutil.copy("/bin/sh", tools / name)
            (tools / name).chmod(mode)
        with workspaces.open(Tree(tree, {"work.py": WORK}, [tools])) as workspace:
            for name in ("hidden", "as_another"):
                work = f"'{sys.executable}' -S work.py"
                once = workspace.run(f'{name} -c "{work}; true"', CommandLimits())
                if not once.ok or once.cpu_seconds < 0.35:
                    found.append(f"below {name} only {once.cpu_seconds:.3f} of 0.4 seconds are counted: {once.detail}")
                more = workspace.run(f'{name} -c "while :; do {work}; done"', CommandLimits(20.0, cpu_seconds=1.0))
                if not more.detail.startswith("CPU time limit"):
                    found.append(f"below {name} no limit of CPU time holds: {more.detail}")
    return found
