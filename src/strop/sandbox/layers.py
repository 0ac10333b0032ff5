"""Which layers of confinement to apply. Only the host's code decides.

No flag, variable or file leads to `Layers.none()`: tests use it to show that their attacks succeed without the jail.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Layers:
    """Each field is one mechanism of `strop.sandbox.confinement`. `posture` observes what is really enforced."""

    namespaces: bool = True
    """Namespaces, with a root of their own."""
    identity: bool = True
    landlock: bool = True
    """Landlock, if the kernel has it. Without namespaces nothing else guards files, so a kernel without Landlock is an error
    then."""
    seccomp: bool = True
    limits: bool = True
    audit: bool = True
    """The host is notified of forbidden system calls and answers them (`watcher`). Needs seccomp and a kernel with listeners;
    without one the calls are refused but not counted."""

    @classmethod
    def strongest(cls) -> Layers:
        """All layers."""
        return cls()

    @classmethod
    def none(cls) -> Layers:
        """No layers: the negative control of hostile tests, and the bare fork server of the benchmark."""
        return cls(**dict.fromkeys(cls.__dataclass_fields__, False))

    def rungs(self) -> tuple[Layers, ...]:
        """Combinations to try, strongest first: many machines refuse namespaces."""
        return (self, replace(self, namespaces=False)) if self.namespaces and self.landlock else (self,)
