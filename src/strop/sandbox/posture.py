"""What a sandbox really prevents on this machine, tried from inside an ordinary guest.

Nothing is read from a configuration: a layer that was applied but does not work is reported as *not enforced*, everything else
as *enforced (observed)*. Probes cannot see everything, for example kernel bugs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from strop.base.as_document import computed
from strop.base.errors import GuestLost, SandboxError, SandboxUnavailable
from strop.sandbox import probe_targets
from strop.sandbox.base import GuestProgram, Limits, Outcome, Returned, Sandbox, TimedOut, Value, describe

PROTECTIONS: dict[str, str] = {
    "read": "reading the host's files",
    "existence": "seeing that a file of the host exists",
    "write": "writing files",
    "network": "reaching the network or a unix socket",
    "processes": "starting processes",
    "signals": "signalling others",
    "tracing": "reading the memory of others",
    "memory": "using more memory than allowed",
    "wall": "running longer than allowed",
    "cpu": "using more CPU time than allowed",
    "together": "using more memory than allowed, all guests together",
}
"""Name to what it prevents, in display order."""

_ATTEMPTS = 3
DEFAULT_REQUIRE = frozenset({"read", "write", "network", "processes", "signals", "memory", "wall"})
"""No program runs without these, unless the user waives one by name."""

_PROBE = Path(__file__).with_name("probe.py")
_LIMITS = Limits(cpu_seconds=5.0, wall_seconds=10.0)
_SHORT = 0.05


@dataclass(frozen=True)
class Protection:
    """Something that a guest must not do, and whether it could."""

    what: str
    """What it prevents."""
    enforced: bool
    """No attempt succeeded."""
    detail: str = ""
    """Which attempts succeeded."""

    def __str__(self) -> str:
        if self.enforced:
            return f"{self.what}: enforced (observed)"
        return f"{self.what}: not enforced" + (f" ({self.detail})" if self.detail else "")


@dataclass(frozen=True)
class Posture:
    """What was observed, and the status of each layer."""

    protections: Mapping[str, Protection]
    """Name → what it prevents, and whether it was enforced."""
    layers: Mapping[str, str] = field(default_factory=dict)
    """Layer of the jail → its status, for people who want to know why."""

    @computed
    def digest(self) -> str:
        """SHA-256 of what is and is not enforced: equal postures have equal digests on all machines."""
        return hashlib.sha256(json.dumps(self.enforced, sort_keys=True).encode()).hexdigest()

    @property
    def enforced(self) -> dict[str, bool]:
        """Name → whether it was enforced."""
        return {name: protection.enforced for name, protection in self.protections.items()}

    def missing(self, required: frozenset[str]) -> list[str]:
        """The names in `required` that are not enforced. Raises ValueError for an unknown name."""
        if unknown := required - self.protections.keys():
            known = ", ".join(self.protections)
            raise ValueError(f"no protection is called {', '.join(sorted(unknown))}; there are {known}")
        return [name for name, enforced in self.enforced.items() if name in required and not enforced]

    def require(self, required: frozenset[str]) -> None:
        """Raise SandboxUnavailable, which says what is missing and what to do, unless everything in `required` is enforced."""
        missing = self.missing(required)
        if missing:
            raise SandboxUnavailable(
                f"this machine cannot run programs as required: {'; '.join(str(self.protections[name]) for name in missing)}. "
                "Run strop on Linux 5.13 or newer with Landlock or user namespaces enabled, or in a virtual machine; "
                f"to run without a protection, leave its name out of --require: {', '.join(missing)}. "
                f"Layers: {', '.join(f'{name}: {text}' for name, text in self.layers.items()) or 'none'}."
            )

    def describe(self) -> list[str]:
        """One line for each protection."""
        return [str(protection) for protection in self.protections.values()]


def posture_of(found: Mapping[str, list[str]], meanings: Mapping[str, str], layers: Mapping[str, str]) -> Posture:
    """The posture of a jail in which the attempts `found` succeeded. `meanings`: every protection → what it prevents."""
    return Posture(
        {name: Protection(what, not found[name], "; ".join(found[name])[:300]) for name, what in meanings.items()},
        dict(layers),
    )


def observe(sandbox: Sandbox, layers: Mapping[str, str]) -> Posture:
    """Run the probes in guests of `sandbox`. Raises SandboxError when a probe cannot be run."""
    with probe_targets.laid_out(_LIMITS.memory_bytes) as (targets, traces):
        outcome = _run(sandbox, "probe", _LIMITS, [targets])
        if not isinstance(outcome, Returned) or not isinstance(outcome.value, dict):
            raise SandboxError(f"the sandbox cannot run its own probe: {describe(outcome)}")
        found = {name: _texts(what) for name, what in outcome.value.items()}
        for name, what in traces().items():
            found.setdefault(name, []).append(what)
    for name, entry, limits in (
        ("wall", "nap", Limits(wall_seconds=_SHORT)),
        ("cpu", "spin", Limits(cpu_seconds=_SHORT)),
    ):
        outcome = _run(sandbox, entry, limits, [None])
        found[name] = [] if isinstance(outcome, TimedOut) and outcome.limit == name else [describe(outcome)]
    found["together"] = ["only a cgroup around strop could limit it; no guest starts while little memory is left"]
    return posture_of(found, PROTECTIONS, layers)


def _run(sandbox: Sandbox, entry: str, limits: Limits, arguments: list[Value]) -> Outcome:
    program = GuestProgram(_PROBE.read_text("utf-8"), entry)
    with sandbox.open(program, replace(limits, believe_kills=False)) as guest:
        for _ in range(_ATTEMPTS - 1):
            with suppress(GuestLost):  # killed from outside, which says nothing of this machine
                return guest.call(arguments, seed=0)
        return guest.call(arguments, seed=0)


def _texts(value: Value) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]
