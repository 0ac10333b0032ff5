"""The test of spoiled answers before a run, whatever scores them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from strop.base.console import notify
from strop.base.errors import ConfigurationError, ScorerAtLimit, TaskError
from strop.base.surface import option
from strop.base.terminal_text import escape
from strop.checks.relay import SOONER, ignores, no_more, spoiled_answers
from strop.checks.relays import HostRelay, relay_of, to_relay
from strop.evaluation.base import Order
from strop.evaluation.baselines import WithBaselines
from strop.evaluation.workers import JailedWorker
from strop.tasks.command.task import AnyTask


def refuse_rewarding(
    tasks: Sequence[AnyTask],
    evaluator: WithBaselines,
    secret: bytes,
    *,
    step: Callable[[str], None] = lambda line: None,
) -> None:
    """Run the original of each task, and score its answers spoiled in the most telling ways; `step` gets each step.

    Raises:
        ConfigurationError: a spoiled answer pays, or none at all has the original's score.
        SandboxError: the host could not run a guest.
    """
    for task in tasks:
        if not task.is_judged:
            continue
        step("measuring the original")
        try:
            order = evaluator.with_baseline(to_relay(task, secret))
        except TaskError:  # the task is broken, as its own evaluation says
            continue
        try:
            limit = evaluator.here.run(partial(_refuse_if_rewarding, order=order), step)
        except ScorerAtLimit as error:  # it ended its process
            limit = no_more(str(error))
        if limit:
            notify(escape(f"{limit}. {SOONER}", 600))


def _refuse_if_rewarding(worker: JailedWorker, order: Order) -> str:
    """The limit that the scorer reached on a spoiled answer, in words; empty if it reached none."""
    with suppress(TaskError), relay_of(worker, order) as relay:
        worker.step("giving the scorer wrong answers")
        spoiled = spoiled_answers(relay)
        why = spoiled.paid
        if isinstance(relay, HostRelay) and not why and not spoiled.limit and ignores(relay):
            raise ConfigurationError(
                f"task {order.task}: its scorer gives the same score to all that was tried in place of the original's answers, "
                "and to none at all; let it read the answer, and give a wrong one 0"
            )
        if why:
            raise ConfigurationError(
                f"task {order.task}: its scorer rewards a spoiled answer: {escape(why, 300)}. "
                f"Change the scorer so that it refuses such an answer, or give {option('trust_scorer')}"
            )
        return spoiled.limit and f"task {order.task}: {spoiled.limit}"
    return ""
