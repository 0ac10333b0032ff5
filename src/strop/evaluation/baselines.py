"""Baselines of command tasks. An original is measured before any other program of its task, and its baseline goes with each
order. So a worker needs to know nothing of earlier orders."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, TypeAlias

from strop.base.console import notify
from strop.base.errors import SandboxError, StropError
from strop.base.events import Evaluated
from strop.base.results import Evaluation, fields_of
from strop.base.solution import digest_of
from strop.base.terminal_text import escape
from strop.evaluation.base import WHOLE, Baseline, Evaluator, Order, OrderResult
from strop.evaluation.pool import Progress, WorkerPool
from strop.tasks.base import Seeds, Split
from strop.tasks.command.readers import in_words
from strop.tasks.command.score_kinds import KINDS
from strop.tasks.command.task import AnyTask, CommandTask

_Key: TypeAlias = tuple[str, Split, Seeds, int]


class WithBaselines:
    """An `Evaluator` that passes orders to another one, and adds the baseline of the original to each order of a command task."""

    def __init__(self, evaluator: Evaluator, here: WorkerPool, tasks: Sequence[AnyTask]) -> None:
        """`here` measures the originals. It is `evaluator` itself, or a pool of this machine if `evaluator` is a cluster: its
        workers are not trusted with the answers that all others are compared with."""
        self.evaluator, self.here = evaluator, here
        self._tasks = _commands(tasks)
        self._recorded: dict[str, Baseline] = {}
        """Task → the baseline of its original in training that a record has."""
        self._lock = threading.Lock()
        self._locks: defaultdict[_Key, threading.RLock] = defaultdict(threading.RLock)
        self._baselines: dict[_Key, Baseline] = {}
        self._in_training: dict[str, Baseline] = {}
        """Task → the baseline of its original on the first training split that was measured."""
        self._unasked: dict[_Key, OrderResult] = {}
        """Measurements of originals that no order has asked for yet."""

    def relocate(self, tasks: Sequence[AnyTask], progress: Progress) -> None:
        """Use the trees of these tasks from now on to measure commands. For `progress` see `WorkerPool`."""
        self._tasks, self.here.progress = _commands(tasks), progress

    def recall(self, recorded: Collection[Evaluated], seeds: Seeds) -> None:
        """Take over the recorded evaluations of the originals in training, on instances of `seeds`."""
        for event in recorded:
            task = self._tasks.get(event.utility)
            if task is None or event.split != "train" or event.solution != digest_of(task.seed):
                continue
            spent: dict[str, Any] = {"cpu_seconds": 0.0, "seconds": (), "wall_seconds": 0.0}
            evaluation = Evaluation(**fields_of(Evaluation, event) | spent)
            original = Baseline("train", seeds, evaluation)
            self._recorded.setdefault(task.name, original)

    @property
    def slots(self) -> int:
        """See `Evaluator`."""
        return self.evaluator.slots

    def submit(self, order: Order, *, speculative: bool = False) -> Future[OrderResult]:
        """See `Evaluator`. The first order of a task waits until its original is measured."""
        done: Future[OrderResult] = Future()
        try:
            complete_order = self.with_baseline(order)
        except SandboxError as error:
            done.set_exception(error)
            return done
        except StropError as error:  # the task is broken
            done.set_result(OrderResult(None, error=error))
            return done
        is_original = order.task in self._tasks and order.program == self._tasks[order.task].seed
        measured = self._unasked.pop(_key(order), None) if is_original else None
        if measured is None:
            complete_order = complete_order if self.evaluator is self.here else replace(complete_order, tree=None)
            return self.evaluator.submit(complete_order, speculative=speculative)
        done.set_result(replace(measured, notes=tuple(replace(note, scope=order.scope) for note in measured.notes)))
        return done

    def with_baseline(self, order: Order) -> Order:
        """The order with its baseline, if it is of a command task; otherwise the order itself. See `baseline`."""
        if (task := self._tasks.get(order.task)) is None:
            return order
        return replace(order, baseline=self.baseline(order), tree=task.root)

    def baseline(self, order: Order) -> Baseline:
        """The baseline for an order: the original on the instances of the order, or in training if the original is measured again
        beside the program. It is measured now if it is not known.

        Raises:
            StropError: the original does not run, or the host failed.
        """
        task = self._tasks[order.task]
        if order.split != "train" and task.name not in self._in_training:
            recorded = self._recorded.get(task.name)
            self.baseline(
                replace(
                    order,
                    split="train",
                    seeds=order.seeds if recorded is None else recorded.seeds,
                    part=WHOLE._replace(batches=order.part.batches),
                )
            )
        if order.program != task.seed and (order.is_final or task.interleaved) and task.name in self._in_training:
            return self._in_training[task.name]
        with self._lock:
            lock = self._locks[_key(order)]
        with lock:
            if _key(order) not in self._baselines:
                self._measure(task, order)
            return self._baselines[_key(order)]

    def _measure(self, task: CommandTask, order: Order) -> None:
        earlier = self._in_training.get(task.name) or self._recorded.get(task.name)
        own = replace(order, program=task.seed, is_final=False, baseline=earlier, tree=task.root)
        result = self.here.submit(own).result()
        baseline = result.measured_baseline()
        if (earlier is None or earlier.readings is None) and baseline.readings is not None:
            for name, reading in baseline.readings.items():
                if task.objective.readers.get(name) not in KINDS:  # what the kernel counts has one meaning
                    notify(escape(in_words(task.objective, name, reading, task.scorer), 600))
        self._baselines[_key(order)], self._unasked[_key(order)] = baseline, result
        self._in_training.setdefault(task.name, baseline)

    def forget(self, order: Order) -> bool:
        """See `Evaluator`."""
        return self.evaluator.forget(order)

    def close(self) -> None:
        """See `Evaluator`."""
        self.here.close()
        self.evaluator.close()


def _commands(tasks: Sequence[AnyTask]) -> dict[str, CommandTask]:
    return {task.name: task.anywhere() for task in tasks if task.root is not None}


def _key(order: Order) -> _Key:
    return order.task, order.split, order.seeds, order.part.instances
