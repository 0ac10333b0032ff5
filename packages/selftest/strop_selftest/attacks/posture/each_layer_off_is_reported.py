"""Take one layer away at a time.

Must be observed: the statement no longer names the layer, and where a required protection falls with it, strop refuses
to start. Source: strop's own measurements
"""

from strop.base.errors import SandboxUnavailable
from strop.base.protections import DEFAULT_REQUIRE
from strop.sandbox.jail import JailedSandbox
from strop.sandbox.layers import Layers

NUMBERS = (158,)
ROLE = "host"
OFF = {
    "namespaces": Layers(namespaces=False),
    "landlock": Layers(landlock=False),
}
REFUSED = {
    "processes": Layers(seccomp=False),
    "memory": Layers(limits=False),
    "read": Layers(namespaces=False, landlock=False),
}


def check(ground):
    found, off, refused = [], dict(OFF), dict(REFUSED)
    if ground.posture is not None and "namespaces" not in ground.posture.layers:
        refused["Landlock"] = off.pop("landlock")  # nothing else guards files here
    for name, layers in off.items():
        with JailedSandbox(solution_slots=1, improver_slots=0, require=frozenset(), layers=layers) as sandbox:
            if name in sandbox.posture.layers:
                found.append(f"the statement names {name}, which is off")
    for name, layers in refused.items():
        try:
            JailedSandbox(solution_slots=1, improver_slots=0, require=DEFAULT_REQUIRE, layers=layers).close()
        except SandboxUnavailable as error:
            found += [] if name in str(error) else [f"refused, but not for {name}: {error}"]
        else:
            found.append(f"not refused although {name} is not enforced")
    return found
