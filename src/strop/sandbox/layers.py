"""Which layers of confinement to put on: a choice of the host's code, and of nobody else.

No flag, variable or file leads to `Layers.none()`: it exists so that tests can show that their attacks succeed without us.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Layers:
    """Each is one mechanism of strop.sandbox.confinement. What was really got is observed, not read here (posture.py)."""

    namespaces: bool = True
    private_root: bool = True
    """Needs namespaces."""
    identity: bool = True
    landlock: bool = True
    """Where the kernel has it."""
    seccomp: bool = True
    limits: bool = True
    audit: bool = True
    """Forbidden system calls are heard of by the host, which has to answer them (watcher.py). Needs seccomp, and a kernel that
    can tell: where it cannot, they are refused unseen."""

    @classmethod
    def strongest(cls) -> Layers:
        """Everything that protects."""
        return cls()

    @classmethod
    def none(cls) -> Layers:
        """Nothing: the negative control of the hostile tests and the bare fork server of the benchmark."""
        return cls(**dict.fromkeys(cls.__dataclass_fields__, False))

    def rungs(self) -> tuple[Layers, ...]:
        """What to try, strongest first: each next one gives up what some machines refuse."""
        without_root = replace(self, private_root=False)
        return tuple(dict.fromkeys((self, without_root, replace(without_root, namespaces=False))))
