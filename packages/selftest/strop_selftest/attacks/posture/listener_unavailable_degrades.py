"""Have the kernel refuse to tell of forbidden calls, as it does where another listener is in place.

Must be observed: strop says so, runs, and the forbidden calls are refused all the same. Source: landstrip issue 7
(EBUSY on WSL2).
"""

import subprocess
import sys

NUMBERS = (160,)
ROLE = "host"
HOST = """
import errno
from strop.sandbox.base import GuestProgram, Limits, Raised
from strop.sandbox.confinement import bpf
from strop.sandbox.confinement.kernel import PR_SET_NO_NEW_PRIVS, Kernel
from strop.sandbox.jail import JailedSandbox
NEW_LISTENER = 8
kernel, program = Kernel(), bpf.Filter()
program.on(["seccomp"], bpf.any_bit(1, NEW_LISTENER, bpf.refuse(errno.EBUSY), bpf.ALLOW))
program.otherwise(bpf.ALLOW)
kernel.prctl(PR_SET_NO_NEW_PRIVS, 1)
program.assembled().install(kernel)
text = "import socket\\ndef attack():\\n    socket.socket()"
heard = []
with JailedSandbox(solution_slots=1, improver_slots=0, require=frozenset(), on_denied=heard.append) as sandbox:
    with sandbox.open(GuestProgram(text, "attack"), Limits(cpu_seconds=5, wall_seconds=10)) as guest:
        outcome = guest.call([], seed=0)
    print(sandbox.posture.layers.get("audit", "nothing said"), type(outcome).__name__, len(heard))
"""


def check(ground):
    if ground.posture is None or "seccomp" not in ground.posture.layers:
        return []
    ended = subprocess.run([sys.executable, "-c", HOST], capture_output=True, text=True, timeout=60)
    said = ended.stdout.strip()
    good = said.startswith("unavailable") and said.endswith("Raised 0")
    return [] if good else [f"said {said!r} {ended.stderr[-300:]}"]
