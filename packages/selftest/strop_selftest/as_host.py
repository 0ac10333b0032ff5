"""Role "host": the file defines `check(ground)`, which runs in the host and returns the signs that something is wrong.

For what no guest can show: the death of a host or a server, and what the posture reports. Only files of this package
run this way.
"""

from __future__ import annotations

import sys
import types

from strop_selftest import traces
from strop_selftest.catalogue import Attack
from strop_selftest.ground import Ground


def examine(attack: Attack, ground: Ground) -> list[str]:
    """The signs that the file's `check` returns."""
    module = types.ModuleType(f"strop_attack_{attack.name}")
    sys.modules[module.__name__] = module  # where dataclasses look up their module
    try:
        with traces.orphans_adopted():
            exec(compile(attack.text, f"<{attack.name}>", "exec", dont_inherit=True), module.__dict__)
            return [str(sign) for sign in module.check(ground)]
    finally:
        del sys.modules[module.__name__]
