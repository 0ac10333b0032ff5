"""In a command: a build leaves 20,000 files below 1,500 folders, which the host must copy for each run.

Must be observed: the host says that this cannot be copied, and goes on. Source: found by attack; a copy by paths follows all
1,500 names for each file, and the host waited for a minute, then gave up the run.
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
os.chdir(os.environ["TMPDIR"])
for _ in range(1500):
    os.mkdir("d")
    os.chdir("d")
for number in range(20_000):
    os.close(os.open(str(number), os.O_CREAT | os.O_WRONLY))
"""


def check(ground):
    with tempfile.TemporaryDirectory() as folder, Workspaces(slots=1, require=()) as workspaces:
        workspace = workspaces.open(Tree(Path(folder), {"build.py": BUILD}))
        with workspace:
            built = workspace.run(f"'{sys.executable}' -S build.py", CommandLimits())
            if not built.ok:
                return [f"the build did not end: {built}"]
            return ["folders in folders without end were copied"] if workspace.clear() else []
