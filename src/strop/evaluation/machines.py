"""The workers of a cluster: what each enforces, which versions it has, and why one is refused."""

from __future__ import annotations

import hashlib
import platform
import socket
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np

from strop.evaluation.processes import LocalWorker
from strop.evaluation.workers import pack


@dataclass(frozen=True)
class Machine:
    """One worker of a cluster, or this machine."""

    address: str
    host: str
    slots: int
    """Orders that it carries out at once."""
    versions: Mapping[str, str]
    """Name → version of what must be equal on all machines; empty if the worker does not say."""
    system: str
    """Operating system and processor."""
    protections: Mapping[str, bool]
    """Name → whether its jail was observed to enforce it."""
    refusal: str = ""
    """Why it is not used; empty: it is used."""

    @property
    def missing(self) -> list[str]:
        """Protections that it does not enforce."""
        return [name for name, enforced in self.protections.items() if not enforced]


@cache
def versions() -> dict[str, str]:
    """What must be equal on all machines of a run, so that the same order has the same scores."""
    return {
        "strop": version("strop"),
        "code of strop": _digest_of_code(),
        "numpy": np.__version__,
        "Python": ".".join(platform.python_version_tuple()[:2]),
    }


def differences(there: Mapping[str, str], here: Mapping[str, str]) -> str:
    """The versions of a worker that differ from those of the coordinator, as a clause; empty: none."""
    parts = [f"{name} {there.get(name, '?')} instead of {here[name]}" for name in here if there.get(name) != here[name]]
    return f"it has {', '.join(parts)}" if parts else ""


def lacking(protections: Mapping[str, bool], require: Collection[str]) -> str:
    """The required protections that a worker does not enforce, as a clause; empty: none."""
    missing = [name for name in sorted(require) if not protections.get(name)]
    return f"it does not enforce {', '.join(missing)}" if missing else ""


def inspect_this_machine(address: str = "", slots: int = 1) -> Machine:
    """This machine. Starts a jail the first time, which takes about a second.

    Raises:
        SandboxError: no guest can be run here.
    """
    return Machine(address, socket.gethostname(), slots, versions(), platform.platform(), _protections())


@cache
def _protections() -> dict[str, bool]:
    """What a jail of this process enforces. A worker process checks again what its equipment requires."""
    with closing(LocalWorker(pack((), frozenset()))) as worker:
        return {protection.name: protection.enforced for protection in worker.posture.protections}


def _digest_of_code() -> str:
    """Digest of all Python files of this package, shortened."""
    folder = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(f"{path.relative_to(folder)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]
