"""What a jail protects from, which protections a run requires, and what was observed of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import field

from strop.base.as_document import computed
from strop.base.errors import ConfigurationError, SandboxUnavailable
from strop.base.later import dataclass
from strop.base.surface import option

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
"""Protections of guests, in display order: name → what it prevents."""
PROTECTIONS_OF_COMMANDS: dict[str, str] = {
    "read": PROTECTIONS["read"],
    "existence": PROTECTIONS["existence"],
    "write": "writing outside of the copy",
    "modes": "changing modes or times of the host's files",
    "network": PROTECTIONS["network"],
    "processes": "starting more processes than allowed",
    "survivors": "leaving processes behind",
    "others": "seeing the processes of others",
    "signals": PROTECTIONS["signals"],
    "tracing": PROTECTIONS["tracing"],
    "memory": "using more memory than allowed, one process",
    "together": "using more memory than allowed, all processes together, with their sockets",
    "disk": "using more disk than allowed",
    "wall": PROTECTIONS["wall"],
    "cpu": PROTECTIONS["cpu"],
    "traces": "finding traces of an earlier run",
}
"""Protections of commands, in display order: name → what it prevents. Names that guests have, too, mean the same, except that
commands may write in their copy and start processes."""

DEFAULT_REQUIRE = frozenset({"read", "write", "network", "processes", "signals", "memory", "wall"})
"""No program runs without these (see `required_of_commands`), unless the user waives one by name."""
LINUX_ONLY = "strop confines programs on Linux only; run it in a container or virtual machine (on Windows: WSL2)"
IN_CONTAINERS = (
    "in a container the whole jail needs a user other than root, and of Docker --security-opt seccomp=unconfined --security-opt "
    "apparmor=unconfined --security-opt systempaths=unconfined, of Podman --security-opt unmask=ALL, of Kubernetes "
    "hostUsers: false, procMount: Unmasked and the seccomp and AppArmor profiles Unconfined"
)
MACHINES = f"Run strop on Linux 5.13 or newer with Landlock or user namespaces enabled, or in a virtual machine; {IN_CONTAINERS}"
"""What to do on a machine that enforces too little."""


def protections(require: str | Sequence[str] | None) -> tuple[str, ...] | None:
    """The protections that `require` names; None means the default ones.

    Raises:
        ConfigurationError: a protection does not exist.
    """
    if require is None:
        return None
    if isinstance(require, str) and require.strip() == "none":
        return ()
    names = tuple(name.strip() for name in (require.split(",") if isinstance(require, str) else require))
    unknown = sorted(set(names) - set(PROTECTIONS))
    if unknown:
        named = ", ".join(unknown).strip(" ,") or "nothing"
        raise ConfigurationError(
            f"{option('require')} names {named}; choose from {', '.join(PROTECTIONS)}, or none alone"
        )
    return names


def required_of_commands(names: frozenset[str]) -> frozenset[str]:
    """The protections that commands need where guests need `names`. Commands may start processes, but leave none behind."""
    return (names | {"survivors"}) - {"processes"} if "processes" in names else names


@dataclass(frozen=True)
class Protection:
    """Something that a program must not do, and whether it could do it."""

    what: str
    """What the program is kept from, such as `reaching the network or a unix socket`."""
    enforced: bool
    """Whether every attempt failed."""
    detail: str = ""
    """Which attempts succeeded. Empty if none did."""

    def __str__(self) -> str:
        if self.enforced:
            return f"{self.what}: enforced (observed)"
        return f"{self.what}: not enforced" + (f" ({self.detail})" if self.detail else "")


@dataclass(frozen=True)
class Posture:
    """Which protections of a jail were observed to work."""

    protections: Mapping[str, Protection]
    """The protections: name → what was observed."""
    layers: Mapping[str, str] = field(default_factory=dict)
    """The layers of the jail, for people who want to know why: name → status in words."""

    @computed
    def digest(self) -> str:
        """SHA-256 of which protections are enforced. Equal postures have equal digests on all machines."""
        return hashlib.sha256(json.dumps(self.enforced, sort_keys=True).encode()).hexdigest()

    @property
    def enforced(self) -> dict[str, bool]:
        """Name → whether it was enforced."""
        return {name: protection.enforced for name, protection in self.protections.items()}

    def missing(self, required: frozenset[str]) -> list[str]:
        """The names in `required` that are not enforced. Raises ValueError for an unknown name."""
        if unknown := required - self.protections.keys():
            names = ", ".join(self.protections)
            raise ValueError(f"no protection is called {', '.join(sorted(unknown))}; there are {names}")
        return [name for name, enforced in self.enforced.items() if name in required and not enforced]

    def require(self, required: frozenset[str]) -> None:
        """Raise SandboxUnavailable, which says what is missing and what to do, unless everything in `required` is enforced."""
        missing = self.missing(required)
        if missing:
            raise SandboxUnavailable(
                f"this machine cannot run programs as required: {'; '.join(str(self.protections[name]) for name in missing)}. "
                f"{MACHINES}; to run without a protection, leave its name out of {option('require')}: {', '.join(missing)}. "
                f"Layers: {', '.join(f'{name}: {text}' for name, text in self.layers.items()) or 'none'}."
            )

    def describe(self) -> list[str]:
        """One line for each protection."""
        return [str(protection) for protection in self.protections.values()]
