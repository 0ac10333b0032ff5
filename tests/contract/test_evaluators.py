"""Every evaluator passes the conformance kit: this process, worker processes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from strop.evaluation.base import Evaluator
from strop.evaluation.instances import Splits
from strop.evaluation.pool import WorkerPool
from strop.evaluation.start import start_workers
from strop.evaluation.workers import SharedWorker, pack
from strop.sandbox.jail import JailedSandbox
from strop.tasks.base import Task
from support.kits.evaluator import CHECKS, check_evaluator

each_check = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)


@each_check
def test_worker_processes_pass_the_kit(check) -> None:
    check(lambda tasks: start_workers("2", pack(tasks, frozenset())))


@pytest.mark.slow  # the kit of one worker each is passed by worker processes, too
def test_workers_of_this_process_pass_the_kit() -> None:
    def make(tasks: Sequence[Task]) -> Evaluator:
        jail, splits = JailedSandbox(solution_slots=2, improver_slots=0, require=frozenset(), reuse=True), Splits()
        return WorkerPool(lambda: SharedWorker(tasks, jail, splits), 2)

    check_evaluator(make)


@each_check
def test_worker_of_this_process_passes_the_kit_until_others_relieve_it(check) -> None:
    def make(tasks: Sequence[Task]) -> Evaluator:
        jail = JailedSandbox(solution_slots=1, improver_slots=0, require=frozenset(), reuse=True)
        return start_workers("1", pack(tasks, frozenset()), SharedWorker(tasks, jail, Splits()))

    check(make)
