"""The test of spoiled answers before a run, whatever scores them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from strop.base.errors import ConfigurationError, TaskError
from strop.base.surface import option
from strop.base.terminal_text import escape
from strop.checks.relay import SECONDS, Relay, spoiled_answers
from strop.checks.relays import HostRelay, relay_of
from strop.evaluation.baselines import WithBaselines
from strop.evaluation.pool import CommandPool
from strop.evaluation.workers import JailedWorker
from strop.sandbox.base import Sandbox
from strop.tasks.command.task import AnyTask


def refuse_rewarding(
    tasks: Sequence[AnyTask],
    sandbox: Sandbox | None,
    secret: bytes,
    commands: WithBaselines[CommandPool] | None = None,
    seconds: float = SECONDS,
    notify: Callable[[str], None] = lambda step: None,
) -> None:
    """Run the original of each task, and score its answers spoiled, in about `seconds` a task; `notify` gets each step.

    Raises:
        ConfigurationError: a spoiled answer pays.
        SandboxError: the host could not run a guest.
    """
    for task in tasks:
        if not task.is_judged:
            continue
        with suppress(TaskError):  # the task is broken, as its own evaluation says
            notify("measuring the original")
            with relay_of(task, sandbox, secret, commands) as relay:
                notify("spoiling its answers")
                refuse_if_rewarding(task.name, relay, seconds=seconds)


def refuse_rewarding_in(worker: JailedWorker, name: str, secret: bytes) -> None:
    """`refuse_rewarding` in a worker process, for the task of this name."""
    refuse_rewarding([worker.tasks[name]], worker.sandbox, secret, notify=worker.step)


def refuse_if_rewarding(task: str, relay: Relay, *, seconds: float = SECONDS) -> None:
    """Raises ConfigurationError if a spoiled answer pays, or none at all has the original's score."""
    if isinstance(relay, HostRelay) and relay.ignores_program:
        raise ConfigurationError(
            f"task {task}: its scorer gives the same score to no answer at all; let it read the answer"
        )
    if why := spoiled_answers(relay, seconds=seconds).paid:
        raise ConfigurationError(
            f"task {task}: its scorer rewards a spoiled answer: {escape(why, 300)}. Let the scorer refuse it, "
            f"or give {option('trust_scorer')}"
        )
