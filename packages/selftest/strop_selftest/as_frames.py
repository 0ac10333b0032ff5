"""Role "frames": a solution that writes to its pipe itself (descriptor 4), to attack the host's end of the protocol.

`attack(targets)` is called CALLS times (default 1), with PAUSE seconds between calls. OBSERVED has

- `outcome`: the name of the outcome's class, or a list of them, one per call;
- `reason`: a part of the last outcome's text;
- `value`: what the last call returned.

The protocol is the host's own defence: it must hold without any of the kernel's layers, and in a plain process.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from strop.sandbox import probe_targets
from strop.sandbox.base import GuestProgram, Limits, Outcome, Returned, Value, describe
from strop_selftest.catalogue import Attack
from strop_selftest.ground import Ground
from strop_selftest.variants import variants

KEYS = frozenset({"outcome", "reason", "value"})


def examine(attack: Attack, ground: Ground) -> list[str]:
    """Signs that the attack succeeded; empty if it was contained."""
    limits = attack.limits(confined=ground.confined)
    found = []
    with probe_targets.laid_out(limits.memory_bytes) as (targets, traces):
        for label, text in variants(attack):
            outcomes = _call(attack, ground, text, limits, targets)
            found += [label + sign for sign in _signs(attack, outcomes)]
            if ground.secret in repr(outcomes):
                found.append(f"{label}the host's secret came back")
        found += traces().values()
    return found


def _call(attack: Attack, ground: Ground, text: str, limits: Limits, targets: dict[str, Value]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    with ground.sandbox.open(GuestProgram(text, "attack"), limits) as guest:
        for number in range(attack.settings.get("CALLS", 1)):
            if number:
                time.sleep(attack.settings.get("PAUSE", 0))  # until its thread has written, which nothing else can show
            outcomes.append(guest.call([targets], seed=1))
    return outcomes


def _signs(attack: Attack, outcomes: Sequence[Outcome]) -> list[str]:
    wanted = attack.observed
    if not wanted or wanted.keys() - KEYS:
        raise ValueError(f"{attack.name}: OBSERVED may hold {', '.join(sorted(KEYS))}, and must hold one")
    found = []
    last = outcomes[-1]
    names = [type(outcome).__name__ for outcome in outcomes]
    expected = wanted.get("outcome", "Returned")
    if names != ([expected] if isinstance(expected, str) else list(expected)):
        found.append(f"ended as {', '.join(names)} ({describe(last)[:200]}), not as {expected}")
    elif wanted.get("reason", "") not in describe(last):
        found.append(f"ended by {describe(last)[:200]!r}, not by {wanted['reason']!r}")
    if "value" in wanted and not _is(last, wanted["value"]):
        found.append(f"returned {getattr(last, 'value', None)!r:.200}, not {wanted['value']!r}")
    return found


def _is(outcome: Outcome, value: object) -> bool:
    return isinstance(outcome, Returned) and type(outcome.value) is type(value) and outcome.value == value
