"""Claim every layer for guests in ordinary processes, where nothing is enforced.

Must be observed: the statement says that reading, writing, network and processes are not enforced, whatever is claimed.
Source: strop's own list of cases, `probe_is_observed_not_configured`.
"""

from strop.sandbox.posture import observe_guests
from strop_selftest.plain_guest import PlainSandbox

NUMBERS = (159,)
ROLE = "host"
CLAIMS = {
    "namespaces": "pid net ipc uts mount",
    "landlock": "ABI 7",
    "seccomp": "two filters",
}
OPEN = frozenset({"read", "existence", "write", "network", "processes", "signals", "memory"})


def check(ground):
    posture = observe_guests(PlainSandbox(), CLAIMS)
    believed = OPEN - set(posture.missing(OPEN))
    return [f"{name} is called enforced where nothing is" for name in sorted(believed)]
