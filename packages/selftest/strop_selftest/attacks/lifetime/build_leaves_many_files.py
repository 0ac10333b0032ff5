"""In a command: a build leaves a hundred thousand empty files, which the host must copy for each run.

Must be observed: the build reaches a limit, which is its failure. Source: found by attack; empty files take no bytes of a disk.
"""

import sys
import tempfile
from pathlib import Path

from strop.sandbox.workspace.base import CommandLimits, Tree
from strop.sandbox.workspace.jail import Workspaces

NUMBERS = ()
ROLE = "host"
BUILD = """
import os
for number in range(100_000):
    os.close(os.open(os.environ["TMPDIR"] + f"/{number}", os.O_CREAT | os.O_WRONLY))
"""


def check(ground):
    with tempfile.TemporaryDirectory() as folder, Workspaces(slots=1, require=()) as workspaces:
        if not workspaces.posture.enforced["disk"]:
            return []  # nothing limits the disk of commands on this machine, and strop says so
        with workspaces.open(Tree(Path(folder), {"build.py": BUILD})) as workspace:
            ending = workspace.run(f"'{sys.executable}' -S build.py", CommandLimits()).ending
            return [] if ending == "disk full" else [f"it ended by {ending}"]
