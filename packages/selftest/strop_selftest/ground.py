"""What an attack runs against: a sandbox, and the targets on the host that an unconfined guest could reach."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from strop.base.errors import SandboxError
from strop.base.protections import Posture
from strop.sandbox.base import Sandbox
from strop.sandbox.confinement.notify import Denied
from strop.sandbox.jail import JailedSandbox
from strop.sandbox.layers import Layers
from strop_selftest import outer
from strop_selftest.catalogue import Attack
from strop_selftest.plain_guest import PlainSandbox

SECRET = "STROP_SELF_TEST_SECRET"
"""Name of the host's variable whose value no guest may learn."""


@dataclass(frozen=True)
class Ground:
    """Use from one thread at a time."""

    sandbox: Sandbox
    confined: bool
    """False in the control, where no layer of the kernel is between guest and host."""
    secret: str
    """Value of the host's variable `SECRET`, set before any fork server was started."""
    posture: Posture | None = None
    """The sandbox's posture; None for guests in plain processes."""
    denied: list[Denied] = field(default_factory=list)
    """Forbidden system calls that were told, where the ground was laid with `told`."""

    def announces(self, attack: Attack) -> bool:
        """Whether the posture itself announces that this succeeds here."""
        if self.posture is None or not attack.protection:
            return False
        return bool(self.posture.missing(frozenset({attack.protection})))


@contextmanager
def jailed(layers: Layers | None = None, *, told: bool = False) -> Iterator[Ground]:
    """A jail with these layers, the strongest unless some are named. `told`: forbidden calls are heard of."""
    denied: list[Denied] = []
    on_denied: Callable[[Denied], None] | None = denied.append if told else None
    confined = layers != Layers.none()
    with (
        _secret() as secret,
        JailedSandbox(
            solution_slots=2, improver_slots=1, require=frozenset(), layers=layers, on_denied=on_denied
        ) as sandbox,
    ):
        yield Ground(sandbox, confined, secret, sandbox.posture, denied)


@contextmanager
def unconfined() -> Iterator[Ground]:
    """The same sandbox with all layers off, for the control. Raises SandboxError outside an outer confinement."""
    if not outer.entered():
        raise SandboxError("the control runs attacks that succeed: only inside an outer confinement")
    with jailed(Layers.none()) as ground:
        yield ground


@contextmanager
def plain() -> Iterator[Ground]:
    """Guests in ordinary processes, for what must hold by the protocol alone."""
    with _secret() as secret:
        yield Ground(PlainSandbox(), False, secret)


@contextmanager
def _secret() -> Iterator[str]:
    before, value = os.environ.get(SECRET), secrets.token_hex(16)
    os.environ[SECRET] = value
    try:
        yield value
    finally:
        os.environ.pop(SECRET, None)  # grounds of two test modules may overlap, and end in any order
        if before is not None:  # a ground within a ground
            os.environ[SECRET] = before
