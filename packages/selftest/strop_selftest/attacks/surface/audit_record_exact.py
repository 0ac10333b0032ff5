"""Make four forbidden calls, and look whether the host hears of each, once, by the kernel's word.

Must be observed: socket, execve, chmod and memfd_create, each once, in this order. Source: strop's own list of cases,
`audit_record_exact`.
"""

import os

from strop.sandbox.base import GuestProgram, Limits
from strop_selftest.ground import jailed

NUMBERS = (149,)
ROLE = "host"
TEXT = """
import os, socket
def attack():
    for act in (socket.socket, lambda: os.execv("/", ["x"]), lambda: os.chmod("/", 0), lambda: os.memfd_create("x")):
        try:
            act()
        except OSError:
            pass
"""
CALLS = ["socket", "execve", "chmod" if os.uname().machine == "x86_64" else "fchmodat", "memfd_create"]


def check(ground):
    if ground.posture is None or "seccomp" not in ground.posture.layers:
        return []
    with jailed(told=True) as told:
        if "unavailable" in told.posture.layers.get("audit", "unavailable"):
            return []  # the posture says so: see listener_unavailable_degrades
        with told.sandbox.open(GuestProgram(TEXT, "attack"), Limits(cpu_seconds=5, wall_seconds=10)) as guest:
            guest.call([], seed=0)
        heard = [denied.call for denied in told.denied]
        one_guest = len({denied.pid for denied in told.denied}) == 1
    return [] if heard == CALLS and one_guest else [f"heard of {heard}"]
