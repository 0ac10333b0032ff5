"""Real guests of the real fork server without any layer: a test pays for a fork, not for the start of an interpreter."""

from __future__ import annotations

import atexit
from functools import cache

from strop.sandbox.jail import JailedSandbox
from strop.sandbox.layers import Layers


@cache
def unconfined() -> JailedSandbox:
    """One for the whole process, which closes it at its end."""
    sandbox = JailedSandbox(solution_slots=4, improver_slots=4, require=frozenset(), layers=Layers.none())
    atexit.register(sandbox.close)
    return sandbox
