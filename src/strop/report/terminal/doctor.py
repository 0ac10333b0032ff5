"""Prints the results of `strop doctor`: the jail, the machines of a cluster, a model's answer."""

from __future__ import annotations

from rich.console import Console

from strop.base.pluralize import quantity
from strop.base.printing import print_result
from strop.base.protections import DEFAULT_REQUIRE, IN_CONTAINERS, Posture, required_of_commands
from strop.evaluation.base import Machine
from strop.evaluation.machines import Machines
from strop.lm.probe import ModelAnswer
from strop.report.terminal.layout import say
from strop.runs.results.enforced import Enforced, NoWorkspaces


@print_result.register(Enforced)
def print_enforced(enforced: Enforced, console: Console) -> None:
    """Print the protections and layers of guests, then of workspaces, and what `strop run` lacks."""
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
        if "namespaces" not in enforced.workspaces.layers:
            say(
                console,
                "evaluators run here only with --shared, and marked functions not at all: commands have no network of their own",
            )
    missing = ", ".join(enforced.missing(DEFAULT_REQUIRE))
    nothing = "everything that strop run requires is enforced"
    say(console, f"strop run starts here only with --require without {missing}" if missing else nothing)
    if isinstance(enforced.workspaces, NoWorkspaces) or not all(enforced.workspaces.enforced.values()):
        say(console, IN_CONTAINERS)


def _print_posture(posture: Posture, console: Console) -> None:
    layers = [f"{layer}: {state}" for layer, state in posture.layers.items()]
    for line in (*(f"  {line}" for line in posture.describe()), "layers", *(f"  {line}" for line in layers)):
        say(console, line)


@print_result.register(Machines)
def print_machines(inspected: Machines, console: Console) -> None:
    """Print what each machine enforces or why it is refused, then how many machines can be used."""
    if inspected.waiting:
        say(console, "Slurm accepts such jobs. They start when a run needs them, and strop then inspects each.")
        return
    for machine in inspected.machines:
        _print_machine(machine, console)
    slots = quantity(sum(machine.slots for machine in inspected.usable), "slot")
    say(console, f"{quantity(len(inspected.usable), 'worker')} of {len(inspected.machines)} can be used: {slots}")


def _print_machine(machine: Machine, console: Console) -> None:
    say(console, f"{machine.address} on {machine.host}, {quantity(machine.slots, 'slot')}")
    if machine.versions:
        versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
        say(console, f"  {versions}, {machine.system}")
        say(console, f"  not enforced: {', '.join(machine.missing) or 'nothing'}")
    say(console, f"  not used: {machine.refusal}" if machine.refusal else "")


@print_result.register(ModelAnswer)
def print_model_answer(asked: ModelAnswer, console: Console) -> None:
    """Print a model's answer, its tokens, its price, and remarks about the server."""
    answer = asked.answer
    tokens = ["?" if count is None else count for count in (answer.input_tokens, answer.output_tokens)]
    say(console, f"{asked.lm} answered in {answer.seconds:.1f} s: {answer.text or '(nothing)'}")
    say(
        console,
        f"  model: {answer.model}; tokens: {tokens[0]} in, {tokens[1]} out{'; with reasoning' if answer.reasoning else ''}",
    )
    say(console, f"  price: {asked.price}")
    for fault in answer.faults:
        say(console, f"  remark: {fault.detail}")
