"""Stand between the bench and a search, in the place of the user's shell: `python parent.py MEMORY_MB REPORT COMMAND...`.

It sets limits (MEMORY_MB of address space, or 0 for none; CPU of 60 s for each process; core files off), runs the command, and
writes the largest resident memory of a descendant, in MB, to REPORT.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

memory = int(sys.argv[1]) << 20
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
if memory:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
status = subprocess.call(sys.argv[3:])
Path(sys.argv[2]).write_text(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10), encoding="ascii")
sys.exit(status if status >= 0 else 128 - status)
