"""The jail of a run, the evaluators of its tasks, and how many programs run at once."""

from __future__ import annotations

from collections.abc import Sequence

from strop.base.protections import DEFAULT_REQUIRE
from strop.evaluation.baselines import WithBaselines
from strop.evaluation.pool import WorkerPool
from strop.evaluation.start import start_workers
from strop.evaluation.workers import pack
from strop.lm.options import members
from strop.lm.prices import uses_no_tokens
from strop.options.workers import normalized
from strop.runs.spec import RunSpec
from strop.sandbox.jail import JailedSandbox
from strop.tasks.command.task import AnyTask

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


def evaluator_for(spec: RunSpec, tasks: Sequence[AnyTask], *, asks: bool) -> WithBaselines:
    """The evaluator of a spec: worker processes, or a cluster and a process of this machine.

    `asks` says whether a model is asked. If so, all worker processes start at once, because they are ready when it has answered;
    otherwise they start when there are programs for them. Beside a task with a tree only one starts.

    Raises:
        ConfigurationError: a task cannot be sent to another process.
    """
    have_no_trees = all(
        task.root is None for task in tasks
    )  # a process that starts would disturb commands that are timed
    at_start = min(spec.slots, spec.utility_budget * spec.downstream) if asks and have_no_trees else 1
    equipment = pack(tasks, required(spec), with_trees=spec.on_cluster)
    evaluator = start_workers(normalized(spec.workers), equipment, at_start)
    here = evaluator if isinstance(evaluator, WorkerPool) else WorkerPool(pack(tasks, required(spec)), 1)
    return WithBaselines(evaluator, here, tasks)


def required(spec: RunSpec) -> frozenset[str]:
    """The protections that a spec requires."""
    return DEFAULT_REQUIRE if spec.require is None else frozenset(spec.require)


def improvers_at_once(spec: RunSpec) -> int:
    """How many downstream improvements run at once: at least the copies of one evaluation, enough to keep all cores busy, and
    enough to keep a model busy that takes seconds for each response."""
    waits = bool(spec.model) and not all(map(uses_no_tokens, members(spec.model)))
    return max(spec.downstream, 2 * spec.slots, WAITING_IMPROVERS if waits else 1)
