"""In a build, leave a `sitecustomize` for the commands that follow, which lists its descriptors.

Must be observed: standard input, output and errors alone. Source: our own reading of the finding
about hooks of a tree: a keeper holds its channel, namespaces and files, too, when it starts a command.
"""

import sys
import tempfile
from pathlib import Path

from strop.sandbox.workspace.base import CommandLimits, Tree
from strop.sandbox.workspace.jail import Workspaces

NUMBERS = ()
ROLE = "host"
HOOK = """
import os
found = []
for number in range(3, 1 << 16):
    try:
        os.fstat(number)
        found.append("open: %d" % number)
    except OSError:
        pass
print(found)
"""
MAKE = f"mkdir -p src; printf %s {HOOK.encode().hex()} | '{sys.executable}' -c "
MAKE += "\"import sys; open('src/sitecustomize.py', 'w').write(bytes.fromhex(sys.stdin.read()).decode())\""


def check(ground):
    with tempfile.TemporaryDirectory() as folder, Workspaces(slots=1, require=()) as workspaces:
        Path(folder).chmod(0o755)
        with workspaces.open(Tree(Path(folder), {})) as workspace:
            built = workspace.run(MAKE, CommandLimits(cpu_seconds=20))
            ran = [
                workspace.run(f"PYTHONPATH=src '{sys.executable}' -c pass", CommandLimits(cpu_seconds=20))
                for _ in range(3)
            ]
    if not built.ok or not all(each.ok for each in ran):
        return [f"{built} {ran}"]
    return [each.output for each in ran if each.output != "[]\n"]
