"""Role "solution": `attack(targets)` is called twice in a solution's jail, so that the first call can prepare the second.

It succeeds if it says so (returns anything but None) or if the host sees its traces.
OBSERVED may have `outcome`: the name or names of the outcome with which a jail must end it.
"""

from __future__ import annotations

import sys
import sysconfig
import zoneinfo
from contextlib import ExitStack
from pathlib import Path

import strop
from strop.base.errors import SandboxError
from strop.sandbox import probe_targets
from strop.sandbox.base import GuestProgram, Outcome, Raised, Returned, Value, describe
from strop_selftest import traces
from strop_selftest.catalogue import Attack
from strop_selftest.ground import Ground

POISON = "strop_left_behind.py"
"""What an attack on the interpreter's folders tries to leave there."""
_SECRET_WORD = 20
"""The shortest word of the host's command line that is searched for in a guest's."""
_MOST_OUTPUT = 1 << 20
_LONGEST_MESSAGE = 4000


class NotHere(Exception):
    """The target of the attack does not exist on this machine."""


def examine(attack: Attack, ground: Ground) -> list[str]:
    """Signs that the attack succeeded. Raises NotHere in a control whose kernel lacks the target."""
    with ExitStack() as stack:
        limits = attack.limits(confined=ground.confined)
        targets, traces_of = stack.enter_context(probe_targets.laid_out(limits.memory_bytes))
        signals = stack.enter_context(traces.signals_counted())
        terminal, typed = stack.enter_context(traces.terminal())
        folders = [Path(sysconfig.get_path("purelib")), Path(strop.__file__).parent]
        targets |= {
            "terminal": terminal,
            "backwards": ground.secret[::-1],
            "folders": [str(folder) for folder in folders],
            "poison": POISON,
            "argv": [word for word in sys.argv[1:] if len(word) >= _SECRET_WORD],
            "confined": ground.confined,
            "time_zones": bool(zoneinfo.available_timezones()),
        }
        stack.enter_context(traces.orphans_adopted())
        known = traces.children()
        found = _outcomes(attack, ground, targets)
        found += traces_of().values()
        found += [f"signal {number} received" for number in signals]
        found += [f"process {pid} lives on" for pid in traces.end_strangers(known)]
        found += [f"{folder / POISON} exists" for folder in folders if _remove(folder / POISON)]
    return found + [f"typed {text!r} into a terminal" for text in typed]


def _outcomes(attack: Attack, ground: Ground, targets: dict[str, Value]) -> list[str]:
    found = []
    for _ in range(2):
        try:
            with ground.sandbox.open(
                GuestProgram(attack.text, "attack"), attack.limits(confined=ground.confined)
            ) as guest:
                outcome = guest.call([targets], seed=0)
        except SandboxError as error:
            found.append(f"the fork server broke: {error}")
            continue
        if not ground.confined and isinstance(outcome, Raised) and outcome.exception == "NotImplementedError":
            raise NotHere(outcome.message)
        found += _signs(attack, ground, outcome)
    return found


def _signs(attack: Attack, ground: Ground, outcome: Outcome) -> list[str]:
    """Signs in the outcome itself."""
    found = []
    if isinstance(outcome, Returned) and outcome.value is not None:
        found.append(str(outcome.value))
    if len(outcome.output) > _MOST_OUTPUT:
        found.append(f"{len(outcome.output)} characters of output kept")
    if isinstance(outcome, Raised) and len(outcome.message) > _LONGEST_MESSAGE:
        found.append(f"an exception's message of {len(outcome.message)} characters kept")
    if ground.secret in repr(outcome):
        found.append("the host's secret came back")
    expected = attack.observed.get("outcome") if ground.confined or not attack.succeeds_unconfined else None
    expected = (expected,) if isinstance(expected, str) else expected
    if expected and type(outcome).__name__ not in expected:
        found.append(f"ended as {type(outcome).__name__} ({describe(outcome)}), not as {' or '.join(expected)}")
    return found


def _remove(path: Path) -> bool:
    """Whether it was there."""
    there = path.exists()
    path.unlink(missing_ok=True)
    return there
