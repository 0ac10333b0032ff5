"""The self-test: named attacks on the jail, the budgets and the scorer, and the expected observation for each.

`strop doctor --self-test` runs it on the machine where strop is used; tests/hostile runs it in CI.
"""

from __future__ import annotations

from collections.abc import Callable

from strop_selftest import as_answer, as_frames, as_host, as_improver, as_solution
from strop_selftest.catalogue import GROUPS, Attack, Role, catalogue, find
from strop_selftest.ground import Ground

__all__ = ["GROUPS", "Attack", "Ground", "catalogue", "examine", "find"]

_EXAMINERS: dict[Role, Callable[[Attack, Ground], list[str]]] = {
    "solution": as_solution.examine,
    "frames": as_frames.examine,
    "improver": as_improver.examine,
    "answer": as_answer.examine,
    "host": as_host.examine,
}


def examine(attack: Attack, ground: Ground) -> list[str]:
    """Run one attack. Returns the signs that it succeeded (for an honest program: that it failed); no signs means contained.

    Raises the host's own errors, for example SandboxError; never because of what the attack did.
    """
    return _EXAMINERS[attack.role](attack, ground)
