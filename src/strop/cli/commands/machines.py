"""`strop doctor --workers`: the machines that would evaluate programs."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict, replace

from strop.base.pluralize import quantity
from strop.cli.commands.output import print_document, results
from strop.evaluation.base import Cluster
from strop.evaluation.machines import Machine, inspect_this_machine, lacking
from strop.evaluation.start import connect, normalized
from strop.evaluation.workers import pack

NONE_USABLE = 7


def show_machines(workers: str, require: frozenset[str], *, as_json: bool) -> int:
    """Show what each machine of `--workers` enforces, and why one is refused. Returns the exit code.

    Raises:
        ConfigurationError: `workers` is wrong, or the cluster cannot be reached.
    """
    machines = _machines(normalized(workers), require)
    usable = [machine for machine in machines if not machine.refusal]
    if as_json:
        print_document({"workers": workers, "machines": [asdict(machine) for machine in machines]})
    elif not machines and workers.startswith("slurm:"):
        results().print(
            "Slurm accepts such jobs. They start when a run needs them, and strop then inspects each.", markup=False
        )
        return 0
    else:
        console = results()
        for machine in machines:
            for line in _lines(machine):
                console.print(line, markup=False, soft_wrap=True)
        slots = sum(machine.slots for machine in usable)
        console.print(
            f"{quantity(len(usable), 'worker')} of {len(machines)} can be used: {quantity(slots, 'slot')}", markup=False
        )
    return 0 if usable else NONE_USABLE


def _machines(workers: str, require: frozenset[str]) -> tuple[Machine, ...]:
    if workers.isdecimal():
        machine = inspect_this_machine("this machine", int(workers))
        return (replace(machine, refusal=lacking(machine.protections, require)),)
    with closing(connect(workers, pack((), require))) as evaluator:
        return evaluator.machines() if isinstance(evaluator, Cluster) else ()


def _lines(machine: Machine) -> list[str]:
    """One worker in words."""
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    lines = [f"{machine.address} on {machine.host}, {quantity(machine.slots, 'slot')}"]
    if versions:
        lines.append(f"  {versions}, {machine.system}")
        lines.append(f"  not enforced: {', '.join(machine.missing) or 'nothing'}")
    if machine.refusal:
        lines.append(f"  not used: {machine.refusal}")
    return lines
