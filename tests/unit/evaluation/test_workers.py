"""Orders are carried out once each, by workers that may die, and have the same results wherever that is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError, SandboxError, StropError
from strop.base.results import Evaluation
from strop.base.surface import command_line, option
from strop.evaluation.base import Order, OrderResult
from strop.evaluation.pool import MOST_ATTEMPTS, WorkerPool
from strop.evaluation.processes import LocalWorker
from strop.evaluation.workers import Equipment, WorkerLost, pack
from strop.tasks.base import Instance, PublishedSeeds, SecretSeeds, Task
from strop.tasks.registry import load_any
from support.processes import wait_until

GUESS = """
import random
def algorithm(train_samples, train_parity, test_samples):
    return [random.randint(0, 1) for row in test_samples]
"""
LPN = Order("t0/u-1", GUESS, "lpn", "train", PublishedSeeds(), b"secret")


class Gated:
    """A worker whose orders wait at a gate, and which dies for the orders in `fatal`."""

    def __init__(self, gate: threading.Event, log: list[str], fatal: str = "") -> None:
        self.gate, self.log, self._fatal = gate, log, fatal

    def measure(self, order: Order) -> OrderResult:
        self.log.append(order.scope)
        self.gate.wait()
        if order.scope == self._fatal:
            raise WorkerLost("a worker process ended")
        return OrderResult(Evaluation(value=0.5, verdict="ok"))

    def close(self) -> None:
        self.gate.set()


def gated_worker() -> Gated:
    """One with a gate and a log of its own."""
    return Gated(threading.Event(), [])


Gate = Callable[..., tuple[WorkerPool, threading.Event, list[str]]]


def order(scope: str) -> Order:
    return replace(LPN, scope=scope)


@pytest.fixture
def gated() -> Iterator[Gate]:
    pools: list[WorkerPool] = []

    def make(fatal: str = "") -> tuple[WorkerPool, threading.Event, list[str]]:
        gate, log = threading.Event(), list[str]()
        pools.append(WorkerPool(lambda: Gated(gate, log, fatal), 1))
        return pools[-1], gate, log

    yield make
    for pool in pools:
        pool.close()


def test_order_that_is_asked_for_starts_before_those_made_ahead(gated: Gate) -> None:
    pool, gate, log = gated()
    futures = [pool.submit(order("first"))]
    wait_until(lambda: log == ["first"])
    futures += [pool.submit(order(scope), ahead=True) for scope in ("a", "b", "c")]
    futures += [pool.submit(order("asked")), pool.submit(order("b"))]
    gate.set()
    for future in futures:
        future.result()
    assert log == ["first", "b", "asked", "a", "c"] or log == ["first", "asked", "b", "a", "c"]


def test_order_that_nobody_will_ask_for_is_not_started(gated: Gate) -> None:
    pool, gate, log = gated()
    pool.submit(order("first"))
    wait_until(lambda: log == ["first"])
    pool.submit(order("ahead"), ahead=True)
    assert not pool.forget(order("ahead")) and pool.forget(order("first"))
    gate.set()
    pool.submit(order("last")).result()
    assert log == ["first", "last"]


def test_order_whose_workers_keep_dying_fails_with_their_error(gated: Gate) -> None:
    pool, gate, log = gated(fatal="cursed")
    gate.set()
    with pytest.raises(WorkerLost):
        pool.submit(order("cursed")).result()
    assert log == ["cursed"] * MOST_ATTEMPTS
    assert pool.submit(order("next")).result().result().value == 0.5


def test_few_orders_start_no_worker_beside_one_that_is_ready() -> None:
    first, others = gated_worker(), [gated_worker(), gated_worker()]
    pool = WorkerPool(others.pop, 2, first=first, patience=60)
    first.gate.set()
    assert [pool.submit(order(scope)).result().result().value for scope in "abc"] == [0.5] * 3
    assert first.log == ["a", "b", "c"] and len(others) == 2
    pool.close()


def test_workers_relieve_the_first_one_when_orders_have_waited() -> None:
    first, others = gated_worker(), [gated_worker(), gated_worker()]
    starting = list(others)
    pool = WorkerPool(starting.pop, 2, first=first, patience=0.01)
    held = pool.submit(order("held"))
    wait_until(lambda: first.log == ["held"])
    futures = [pool.submit(order(scope)) for scope in ("a", "b")]
    wait_until(lambda: sorted(scope for one in others for scope in one.log) == ["a", "b"])
    for one in (first, *others):
        one.gate.set()
    assert [future.result().result().value for future in (held, *futures)] == [0.5] * 3
    pool.submit(order("late")).result()
    assert first.log == ["held"]
    pool.close()


def test_all_workers_start_before_the_first_order_when_much_work_is_announced() -> None:
    first, others = gated_worker(), [gated_worker(), gated_worker()]
    starting = list(others)
    pool = WorkerPool(starting.pop, 2, first=first, patience=60)
    pool.start()
    wait_until(lambda: not starting)
    others[0].gate.set()
    others[1].gate.set()
    assert pool.submit(order("a")).result().result().value == 0.5
    pool.close()


def test_order_fails_with_the_reason_when_no_worker_starts() -> None:
    def fails() -> Gated:
        raise SandboxError("no room")

    pool = WorkerPool(fails, 1)
    for scope in ("a", "b"):
        with pytest.raises(SandboxError, match="no room"):
            pool.submit(order(scope)).result()
    pool.close()


def test_order_is_given_again_when_its_worker_is_killed() -> None:
    started: list[LocalWorker] = []
    equipment = pack([load_any("lpn")], frozenset())

    def start() -> LocalWorker:
        started.append(LocalWorker(equipment))
        return started[-1]

    pool = WorkerPool(start, 1)
    slow = GUESS.replace("    return", "    import time; time.sleep(0.05)\n    return")
    asked = replace(order("u"), program=slow)
    undisturbed = pool.submit(asked).result().result().scores
    future = pool.submit(replace(asked, scope=asked.scope))
    for _ in range(2):
        os.kill(started[-1].pid, signal.SIGKILL)
        count = len(started)
        wait_until(lambda count=count: len(started) > count)
    assert future.result().result().scores == undisturbed
    assert len(started) == 3
    pool.close()


ODD = """
import strop

class Odd(dict):
    def items(self):
        raise ValueError("odd")

task = strop.Task(
    name="odd", sample=lambda rng: (SAMPLE), score=lambda i, a: 1.0, seed="def algorithm(n):\\n    return n\\n", instances=2
)
"""


UNREADABLE = {
    '{"n": 1}, (i for i in range(3))': r"instance 0 cannot be copied \(TypeError: cannot pickle 'generator' object\)",
    "Odd(n=1)": r"a worker process raised ValueError: odd \(odd.py, line 6\)",
}


def test_worker_survives_what_it_cannot_copy_or_read_and_says_so_in_one_sentence(tmp_path: Path) -> None:
    for sample, words in UNREADABLE.items():
        (tmp_path / "odd.py").write_text(ODD.replace("SAMPLE", sample))
        task = load_any(str(tmp_path / "odd.py"))
        with closing(LocalWorker(pack([task], frozenset()))) as worker:  # type: ignore[list-item]
            for scope in ("one", "two"):
                asked = Order(scope, "def algorithm(n):\n    return n\n", "odd", "train", SecretSeeds(b"s"), b"x")
                with pytest.raises(StropError, match=words):
                    worker.measure(asked).result()


def test_worker_spells_options_as_the_process_that_started_it() -> None:
    def spells_flags(instance: Instance, answer: object) -> float:
        return float(option("workers") == "--workers")

    task = replace(load_any("lpn"), name="spelled", score=spells_flags)
    for flags in (True, False):
        with command_line() if flags else nullcontext():
            worker = LocalWorker(pack([task], frozenset()))
        with closing(worker):
            result = worker.measure(replace(LPN, task="spelled", program=GUESS))
        assert result.result().value == float(flags)


def test_task_that_holds_an_open_file_cannot_be_sent(tmp_path: Path) -> None:
    log = (tmp_path / "log").open("w")

    def score(instance: Instance, answer: object) -> float:
        log.write("scored")
        return 1.0

    with log, pytest.raises(ConfigurationError, match="a task cannot be sent to a worker process: "):
        pack([Task("mine", lambda rng: {"n": 1}, score, "def algorithm(n):\n    return n\n")], frozenset())


COORDINATOR = """
import sys, threading
from strop.evaluation.processes import LocalWorker
from strop.evaluation.workers import pack
from strop.tasks.registry import load_any
worker = LocalWorker(pack([load_any("lpn")], frozenset()))
print(worker.pid, flush=True)
threading.Event().wait()
"""


def test_worker_ends_when_its_coordinator_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", COORDINATOR], stdout=subprocess.PIPE, text=True) as coordinator:
        assert coordinator.stdout is not None
        worker = int(coordinator.stdout.readline())
        coordinator.kill()
    wait_until(lambda: not Path(f"/proc/{worker}").exists())


def test_next_call_takes_the_idle_worker_of_the_last_one_unless_it_has_imported_modules_of_a_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "my_scores.py").write_text("def score(instance, answer):\n    return 1.0\n")
    import my_scores  # type: ignore[import-not-found]

    own = pack([Task("mine", lambda rng: {"n": 1}, my_scores.score, "def algorithm(n):\n    return n\n")], frozenset())
    shipped = pack([load_any("lpn")], frozenset())

    def pid_of(equipment: Equipment) -> int:
        worker = LocalWorker(equipment)
        worker.close()
        return worker.pid

    first = pid_of(shipped)
    assert pid_of(shipped) == first and pid_of(own) == first
    assert pid_of(shipped) != first


def test_worker_that_measures_ends_when_its_call_ends() -> None:
    worker = LocalWorker(pack([load_any("lpn")], frozenset()))
    program = "def algorithm(*inputs):\n    while True:\n        pass\n"
    failed: list[BaseException] = []

    def measure() -> None:
        try:
            worker.measure(replace(LPN, program=program))
        except SandboxError as error:
            failed.append(error)

    thread = threading.Thread(target=measure)
    thread.start()
    wait_until(lambda: not worker._process.is_idle)
    worker.close()
    thread.join()
    assert failed and worker._process._process.poll() is not None
