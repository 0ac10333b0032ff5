"""Orders are carried out once each, by worker processes: what comes first, and what becomes of those that end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing, nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from strop.base.errors import ConfigurationError, SandboxError, StropError
from strop.base.surface import command_line, option
from strop.evaluation.base import Order, OrderResult
from strop.evaluation.functions.load import load_any
from strop.evaluation.machines import posture_of
from strop.evaluation.pool import WorkerPool, idle_workers
from strop.evaluation.workers import Equipment, WorkerLost, pack
from strop.tasks.base import Instance, PublishedSeeds, SecretSeeds, Task
from support.processes import wait_until
from support.rows import table

GUESS = """
import random
def algorithm(train_samples, train_parity, test_samples):
    return [random.randint(0, 1) for row in test_samples]
"""
LPN = Order("t0/u-1", GUESS, "lpn", "train", PublishedSeeds(), b"secret")


HELD = """
import os, time
from pathlib import Path
import strop

HERE = Path({here!r})

def score(instance, answer):
    with (HERE / "log").open("a") as log:
        log.write(f"{{answer}} {{os.getpid()}}\\n")
    while not (HERE / f"{{answer}} may go").exists():
        time.sleep(0.01)
    return 0.5

task = strop.Task("held", lambda rng: {{"n": 1}}, score, "def f(n):\\n    return ''\\n", "f", instances=1, score_limit=100)
"""


class Held:
    """A pool of workers whose scorer notes what it scores, and goes on when it is let."""

    def __init__(self, folder: Path, slots: int) -> None:
        (folder / "held.py").write_text(HELD.format(here=str(folder)))
        self.folder = folder
        self.pool = WorkerPool(pack([load_any(str(folder / "held.py"))], frozenset()), slots)

    def submit(self, name: str, *, speculative: bool = False) -> Future[OrderResult]:
        program = f"def f(n):\n    return {name!r}\n"
        return self.pool.submit(Order(name, program, "held", "train", SecretSeeds(b"s"), b"s"), speculative=speculative)

    def let(self, *names: str) -> None:
        for name in names:
            (self.folder / f"{name} may go").touch()

    def begun(self) -> dict[str, int]:
        """What the scorer has begun, in order, with the process that does it."""
        log = self.folder / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        return {name: int(pid) for name, pid in (line.split() for line in lines)}


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Callable[[int], Held]]:
    made: list[Held] = []

    def make(slots: int) -> Held:
        made.append(Held(tmp_path, slots))
        return made[-1]

    yield make
    for one in made:
        one.pool.close()


def test_order_that_is_asked_for_starts_before_those_made_ahead(held: Callable[[int], Held]) -> None:
    one = held(1)
    one.submit("first")
    wait_until(lambda: list(one.begun()) == ["first"])
    futures = [one.submit(name, speculative=True) for name in ("a", "b", "c")]
    wait_until(lambda: len(one.pool._workers[0].orders) == 2)
    futures += [one.submit("asked"), one.submit("b")]
    wait_until(lambda: "a" not in [job.order.scope for job in one.pool._workers[0].orders.values()])
    one.let("first", "a", "b", "c", "asked")
    for future in futures:
        future.result(60)
    assert [*one.begun()][::4] == ["first", "c"] and {*[*one.begun()][1:3]} == {"asked", "b"}


def test_order_behind_a_long_one_is_begun_by_a_worker_that_is_free(held: Callable[[int], Held]) -> None:
    two = held(2)
    futures = [two.submit(name) for name in "abcd"]
    wait_until(lambda: len(two.begun()) == 2)
    long, short = two.begun()
    two.let(short, *"abcd".replace(long, ""))
    wait_until(lambda: sum(future.done() for future in futures) == 3)
    assert len(two.begun()) == 4
    two.let(long)


def test_worker_that_is_killed_at_work_fails_its_orders_and_another_takes_its_place(
    held: Callable[[int], Held],
) -> None:
    one = held(1)
    futures = [one.submit(name) for name in "ab"]
    wait_until(lambda: list(one.begun()) == ["a"])
    killed = one.begun()["a"]
    os.kill(killed, signal.SIGKILL)
    for future in futures:
        with pytest.raises(WorkerLost, match=r"a worker process ended while it evaluated a program \(exit status -9\)"):
            future.result(60)
    one.let("c")
    assert one.submit("c").result(60).result().value == 0.5
    assert one.begun()["c"] != killed


def test_orders_fail_with_the_reason_when_no_worker_starts() -> None:
    with closing(WorkerPool(replace(pack([], frozenset()), tasks=b"no pickle"), 1)) as pool:
        for scope in ("a", "b"):
            with pytest.raises(ConfigurationError, match="a worker cannot load the tasks of the run"):
                pool.submit(replace(LPN, scope=scope)).result(60)


def test_no_more_workers_start_than_there_are_orders() -> None:
    with closing(WorkerPool(pack([load_any("lpn")], frozenset()), 8, at_start=1)) as pool:
        for scope in ("a", "b"):
            pool.submit(replace(LPN, scope=scope)).result(60)
        assert len(pool._workers) == 1


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


@table(("sample", "words"), UNREADABLE.items())
def test_worker_survives_what_it_cannot_copy_or_read_and_says_so_in_one_sentence(
    tmp_path: Path, sample: str, words: str
) -> None:
    (tmp_path / "odd.py").write_text(ODD.replace("SAMPLE", sample))
    with closing(WorkerPool(pack([load_any(str(tmp_path / "odd.py"))], frozenset()), 1)) as pool:
        for scope in ("one", "two"):
            asked = Order(scope, "def algorithm(n):\n    return n\n", "odd", "train", SecretSeeds(b"s"), b"x")
            with pytest.raises(StropError, match=words):
                pool.submit(asked).result(60).result()


@table("flags", (True, False))
def test_worker_spells_options_as_the_process_that_started_it(flags: bool) -> None:
    def spells_flags(instance: Instance, answer: object) -> float:
        return float(option("workers") == "--workers")

    task = replace(load_any("parity"), name="spelled", score=spells_flags)
    with command_line() if flags else nullcontext():
        pool = WorkerPool(pack([task], frozenset()), 1)
    with closing(pool):
        result = pool.submit(replace(LPN, task="spelled", program=GUESS)).result(60)
    assert result.result().value == float(flags)


SERVES_NOBODY = """
import atexit, os, socket
from multiprocessing.connection import Connection
from strop.evaluation.worker import _serve
ours, theirs = socket.socketpair()
ours.shutdown(socket.SHUT_RD)  # an answer fails before the end of the channel is seen
coordinator = Connection(ours.detach())
coordinator.send((7, len))
atexit.register(os.write, 1, b"ended as an interpreter does, which may wait for ever")
_serve(Connection(theirs.detach()))
"""


def test_worker_whose_answer_nobody_takes_ends_at_once() -> None:
    ended = subprocess.run([sys.executable, "-c", SERVES_NOBODY], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_task_that_holds_an_open_file_cannot_be_sent(tmp_path: Path) -> None:
    log = (tmp_path / "log").open("w")

    def score(instance: Instance, answer: object) -> float:
        log.write("scored")
        return 1.0

    with log, pytest.raises(ConfigurationError, match="a task cannot be sent to a worker process: "):
        pack([Task("mine", lambda rng: {"n": 1}, score, "def algorithm(n):\n    return n\n")], frozenset())


COORDINATOR = """
import sys, threading
from strop.evaluation.machines import posture_of
from strop.evaluation.pool import WorkerPool
from strop.evaluation.workers import pack
from strop.evaluation.functions.load import load_any
pool = WorkerPool(pack([load_any("lpn")], frozenset()), 1)
pool.run(posture_of)
print(pool._workers[0].pid, flush=True)
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
        with closing(WorkerPool(equipment, 1)) as pool:
            pool.run(posture_of)
            return pool._workers[0].pid

    idle_workers.clear()
    first = pid_of(shipped)
    assert pid_of(shipped) == first and pid_of(own) == first
    assert pid_of(shipped) != first


def test_worker_that_measures_ends_when_its_pool_is_closed() -> None:
    pool = WorkerPool(pack([load_any("lpn")], frozenset()), 1)
    future = pool.submit(replace(LPN, program="def algorithm(*inputs):\n    while True:\n        pass\n"))
    wait_until(lambda: any(worker.orders for worker in pool._workers))
    (worker,) = pool._workers
    pool.close()
    with pytest.raises(SandboxError, match="the evaluator is closed"):
        future.result(60)
    assert not Path(f"/proc/{worker.pid}").exists()


ELSEWHERE = """
from pathlib import Path
import strop
from helper import twice

def score(instance, answer):
    return (answer == int((Path(__file__).parent / "factor.txt").read_text()) * instance["x"]) / 2

@strop.improve_me(score=score, sample=lambda rng: {"x": int(rng.integers(9))}, instances=2)
def f(x):
    return twice(x)
"""


def test_worker_of_another_machine_has_the_project_of_a_function_and_tells_which_interpreter_it_lacks(
    tmp_path: Path,
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    for name, text in {"t.py": ELSEWHERE, "helper.py": "def twice(x):\n    return 2 * x\n", "factor.txt": "2"}.items():
        (project / name).write_text(text)
    task = load_any(str(project / "t.py"))
    equipment = pack([task], frozenset(), with_trees=True)
    shutil.rmtree(project)
    order = Order("at", task.seed, task.name, "train", SecretSeeds(b"s"), b"s")
    with closing(WorkerPool(equipment, 1)) as pool:
        assert pool.submit(order).result().result().scores == (0.5, 0.5)
    assert task.mark is not None
    elsewhere = replace(task.mark, interpreter=replace(task.mark.interpreter, path="/nowhere/python"))
    lacking = replace(equipment, tasks=pack([replace(task, mark=elsewhere)], frozenset()).tasks)
    with (
        closing(WorkerPool(lacking, 1)) as pool,
        pytest.raises(SandboxError, match="needs /nowhere/python, which this"),
    ):
        pool.submit(order).result()
