"""The workers of a cluster: what each enforces, which versions it has, and why one is refused."""

from __future__ import annotations

import hashlib
import platform
import socket
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path

from strop.base.later import dataclass, np
from strop.base.protections import Posture
from strop.base.version import __version__
from strop.evaluation.base import Cluster, Machine
from strop.evaluation.pool import WorkerPool
from strop.evaluation.start import connect
from strop.evaluation.workers import JailedWorker, pack
from strop.options.workers import normalized


@dataclass(frozen=True)
class Machines:
    """The machines of `--workers`, and what was observed on each."""

    workers: str
    """The cluster as the command names it."""
    machines: tuple[Machine, ...]
    """The machines. Empty for Slurm, which starts them when a run needs them."""

    @property
    def usable(self) -> list[Machine]:
        """The machines that are not refused."""
        return [machine for machine in self.machines if not machine.refusal]

    @property
    def waiting(self) -> bool:
        """Whether they start when a run needs them."""
        return not self.machines and self.workers.startswith("slurm:")


@cache
def versions() -> dict[str, str]:
    """Name → version of everything that must be equal on all machines of a run, so that the same order has the same scores."""
    return {
        "strop": __version__,
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
    """The description of this machine. The first call starts a jail, which takes about a second.

    Raises:
        SandboxError: no guest can be run here.
    """
    return Machine(address, socket.gethostname(), slots, versions(), platform.platform(), _protections())


def inspect_workers(workers: str, require: frozenset[str]) -> Machines:
    """The machines that `workers` names; one without a protection of `require` is refused.

    Raises:
        ConfigurationError: `workers` is wrong, or the cluster cannot be reached.
    """
    name = normalized(workers)
    if name.isdecimal():
        machine = inspect_this_machine("this machine", int(name))
        return Machines(workers, (replace(machine, refusal=lacking(machine.protections, require)),))
    with closing(connect(name, pack((), require))) as evaluator:
        return Machines(workers, tuple(evaluator.machines()) if isinstance(evaluator, Cluster) else ())


@cache
def _protections() -> dict[str, bool]:
    """What a jail of this process enforces. A worker process checks again what its equipment requires."""
    with closing(WorkerPool(pack((), frozenset()), 1)) as pool:
        return pool.run(posture_of).enforced


def posture_of(worker: JailedWorker) -> Posture:
    """What the jail of a worker enforces: of one with trees, that of their programs."""
    return worker.posture


def _digest_of_code() -> str:
    """Digest of all Python files of this package, shortened."""
    folder = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(f"{path.relative_to(folder)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]
