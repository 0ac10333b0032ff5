"""What carries out the programs of a run: the jail, the evaluators of its tasks, and how much at once."""

from __future__ import annotations

from collections.abc import Sequence

from strop.base.errors import ConfigurationError
from strop.evaluation.base import Evaluator
from strop.evaluation.instances import Splits
from strop.evaluation.pool import CommandPool, WorkerPool
from strop.evaluation.start import normalized, start_workers
from strop.evaluation.workers import SharedWorker, pack, workspaces_for
from strop.lm.options import members
from strop.lm.prices import uses_no_tokens
from strop.runs.spec import RunSpec
from strop.sandbox.base import Sandbox
from strop.sandbox.jail import JailedSandbox
from strop.sandbox.posture import DEFAULT_REQUIRE
from strop.tasks.base import Task
from strop.tasks.command.task import AnyTask, CommandTask

WORTH_WORKERS = 50
"""An improver that may ask for more evaluations gets its worker processes before it asks for the first."""
WAITING_IMPROVERS = 32
"""Improvements at once with a model of a server, a program or a person: most of them wait for it."""


def jail(spec: RunSpec) -> JailedSandbox:
    """The sandbox of a spec.

    Raises:
        SandboxUnavailable: a required protection is not enforced on this machine.
    """
    slots = improvers_at_once(spec) + 1
    # One more than evaluations at once, for the guest that reads responses.
    return JailedSandbox(solution_slots=spec.slots + 1, improver_slots=slots, require=required(spec), reuse=True)


def evaluator_for(spec: RunSpec, tasks: Sequence[AnyTask], sandbox: Sandbox) -> Evaluator:
    """What carries out the evaluations of a spec: a cluster; else, for tasks without commands, worker processes, or this one if a
    task cannot be sent to those.

    Raises:
        ConfigurationError: a task cannot be sent to the cluster.
    """
    measured = [task for task in tasks if isinstance(task, Task)]
    splits = Splits()
    try:
        equipment = pack(tasks if spec.on_cluster else measured, required(spec))
    except ConfigurationError:
        if spec.on_cluster:
            raise
        return WorkerPool(lambda: SharedWorker(measured, sandbox, splits), spec.slots)
    evaluator = start_workers(normalized(spec.workers), equipment, SharedWorker(measured, sandbox, splits))
    if isinstance(evaluator, WorkerPool) and spec.utility_budget > WORTH_WORKERS:
        evaluator.start()
    return evaluator


def commands_for(spec: RunSpec, tasks: Sequence[CommandTask]) -> CommandPool:
    """What carries out the evaluations of command tasks on this machine.

    Raises:
        SandboxUnavailable: a required protection is not enforced on this machine.
    """
    return CommandPool(tasks, workspaces_for(tasks, spec.slots, spec.require), spec.slots)


def required(spec: RunSpec) -> frozenset[str]:
    """The protections that a spec requires."""
    return DEFAULT_REQUIRE if spec.require is None else frozenset(spec.require)


def improvers_at_once(spec: RunSpec) -> int:
    """How many downstream improvements run at once: at least the copies of one evaluation, enough to keep all cores busy, and
    enough to keep a model busy that takes seconds for each response."""
    waits = bool(spec.model) and not all(map(uses_no_tokens, members(spec.model)))
    return max(spec.downstream, 2 * spec.slots, WAITING_IMPROVERS if waits else 1)
