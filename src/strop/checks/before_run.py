"""The test of spoiled answers before a run, of tasks whose answers the host scores."""

from __future__ import annotations

from collections.abc import Sequence

from strop.base.errors import TaskError
from strop.checks.bench import HostRelay, bench_of
from strop.checks.relay import refuse_if_rewarding
from strop.sandbox.base import Returned, Sandbox
from strop.tasks.base import Task
from strop.tasks.function.task import FunctionTask


def refuse_rewarding(tasks: Sequence[object], sandbox: Sandbox, secret: bytes) -> None:
    """Run the original of each task once, and score its answers spoiled.

    Raises:
        ConfigurationError: a spoiled answer pays.
        SandboxError: the host could not run a guest.
    """
    for task in tasks:
        if not isinstance(task, Task) or (isinstance(task, FunctionTask) and task.by_time):
            continue  # where time is the score, answers must equal the original's
        try:
            bench = bench_of(task, sandbox, secret)
            _, outcomes = bench.run("check/relay")
            values = [outcome.value for outcome in outcomes[: bench.count] if isinstance(outcome, Returned)]
            base = bench.scored(values) if len(values) == bench.count else None
        except TaskError:  # the task is broken, as its own evaluation says
            continue
        if base is not None and base.accepted:
            refuse_if_rewarding(task.name, HostRelay(bench, base))
