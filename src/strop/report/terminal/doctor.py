"""What `strop doctor` found: the jail, the machines of a cluster, the abilities of models."""

from __future__ import annotations

from rich.console import Console

from strop.base.pluralize import quantity
from strop.base.shown import print_result
from strop.evaluation.base import Machine
from strop.evaluation.machines import Machines
from strop.lm.probe import ProbedModels
from strop.report.terminal.layout import say
from strop.runs.results.enforced import Enforced, NoWorkspaces
from strop.sandbox.posture import DEFAULT_REQUIRE, Posture, required_of_commands

_WORDS = {"usage": "reports tokens", "reasoning": "returns its reasoning"}
"""The name of a finding, if it differs."""


@print_result.register(Enforced)
def print_enforced(enforced: Enforced, console: Console) -> None:
    """The protections and layers of guests, then of workspaces, and what is missing for `strop run`."""
    say(console, enforced.system)
    _print_posture(enforced, console)
    say(console, "commands of a project, in workspaces")
    if isinstance(enforced.workspaces, NoWorkspaces):
        say(console, f"  {enforced.workspaces.unavailable}")
    else:
        _print_posture(enforced.workspaces, console)
        lacking = ", ".join(enforced.workspaces.missing(required_of_commands(DEFAULT_REQUIRE)))
        nothing = "everything that tasks scored by a command require is enforced"
        say(console, f"tasks scored by a command need --require without {lacking}" if lacking else nothing)
    missing = ", ".join(enforced.missing(DEFAULT_REQUIRE))
    nothing = "everything that strop run requires is enforced"
    say(console, f"strop run would not start here without --require: {missing}" if missing else nothing)


def _print_posture(posture: Posture, console: Console) -> None:
    layers = [f"{layer}: {state}" for layer, state in posture.layers.items()]
    for line in (*(f"  {line}" for line in posture.describe()), "layers", *(f"  {line}" for line in layers)):
        say(console, line)


@print_result.register(Machines)
def print_machines(found: Machines, console: Console) -> None:
    """Each machine: what it enforces, and why it is refused; then how many can be used."""
    if found.waiting:
        say(console, "Slurm accepts such jobs. They start when a run needs them, and strop then inspects each.")
        return
    for machine in found.machines:
        _print_machine(machine, console)
    slots = quantity(sum(machine.slots for machine in found.usable), "slot")
    say(console, f"{quantity(len(found.usable), 'worker')} of {len(found.machines)} can be used: {slots}")


def _print_machine(machine: Machine, console: Console) -> None:
    say(console, f"{machine.address} on {machine.host}, {quantity(machine.slots, 'slot')}")
    if machine.versions:
        versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
        say(console, f"  {versions}, {machine.system}")
        say(console, f"  not enforced: {', '.join(machine.missing) or 'nothing'}")
    say(console, f"  not used: {machine.refusal}" if machine.refusal else "")


@print_result.register(ProbedModels)
def print_models(found: ProbedModels, console: Console) -> None:
    """What each model supports, a line for each ability."""
    for model in found.models:
        say(console, f"{model.lm}{f' at {model.host}' if model.host else ''}")
        say(console, f"  reachable: {'yes' if model.reachable else 'no'}, {model.detail}")
        say(console, f"  model: {model.model}" if model.model else "")
        for name, finding in model.findings.items():
            detail = f", {finding.detail}" if finding.detail else ""
            say(console, f"  {_WORDS.get(name, name)}: {finding.state}{detail}")
        for remark in model.remarks:
            say(console, f"  remark: {remark}")
