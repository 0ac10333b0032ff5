"""The conformance kit of evaluators: what everything that carries out orders must do, as small named checks.

To test your own evaluator, write in a test file:

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_my_evaluator(check):
        check(lambda tasks: MyEvaluator(pack(tasks, DEFAULT_REQUIRE)))

Each check makes its own evaluator with the tasks `TASKS` and closes it. All of them take a few seconds on two slots.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from strop.base.errors import Malformed, SandboxError, ScorerFailed, StropError
from strop.base.results import Evaluation, Verdict
from strop.evaluation.base import Evaluator, Order, OrderResult
from strop.evaluation.instances import DrawnInstances
from strop.evaluation.measure import measure
from strop.sandbox.jail import JailedSandbox
from strop.tasks.base import Instance, SecretSeeds, Task

MakeEvaluator = Callable[[Sequence[Task]], Evaluator]

SECONDS = 60.0
"""How long a check waits for one result."""
_LONG = "def algorithm(values):\n    while True: pass\n"


def _sample(rng: Any) -> Mapping[str, Any]:
    return {"values": rng.integers(0, 100, 20).tolist()}


def _score(instance: Instance, answer: Any) -> float:
    """The share of values that stand where the sorted list has them."""
    if answer == [-1]:
        raise RuntimeError("the scorer failed, as it was asked to")
    if not isinstance(answer, list):
        raise Malformed("not a list")
    pairs = zip(sorted(instance["values"]), answer, strict=False)
    return float(sum(a == b for a, b in pairs) / len(instance["values"]))


def _counting_score(instance: Instance, answer: Any) -> float:
    """1, after adding a byte to the file that the program names, and once there is a file `go` beside it."""
    with Path(answer).open("ab") as file:
        file.write(b".")
    end = time.monotonic() + SECONDS / 2
    while not Path(answer).with_name("go").exists() and time.monotonic() < end:
        time.sleep(0.01)
    return 1.0


_SEED = "def algorithm(values):\n    return values\n"
SORTING = Task("kit-sorting", _sample, _score, _SEED, instances=4, test_instances=3, description="Sort.")
SLOW = replace(SORTING, name="kit-slow", time_limit=120.0)
COUNTING = replace(
    SORTING, name="kit-counting", score=_counting_score, instances=1, seed="def algorithm(values):\n    return 'a'\n"
)
FAILING = replace(SORTING, name="kit-failing", seed="def algorithm(values):\n    return [-1]\n")
TASKS = (SORTING, SLOW, COUNTING, FAILING)

PROGRAMS: tuple[tuple[str, Verdict], ...] = (
    ("def algorithm(values):\n    return sorted(values)\n", "ok"),
    ("def algorithm(values):\n    return values\n", "ok"),
    ("import random\ndef algorithm(values):\n    return sorted(values)[: random.randrange(1, 20)]\n", "ok"),
    ("def algorithm(values):\n    return 7\n", "malformed"),
    ("def algorithm(values):\n    raise ValueError(values[0])\n", "raised"),
    ("import os\ndef algorithm(values):\n    os._exit(3)\n", "died"),
)
"""Programs and their verdicts."""


def scores_are_those_of_this_process(make: MakeEvaluator) -> None:
    """Every order has the scores, verdicts, error and notes that it has in this process, times aside."""
    with closing(JailedSandbox(solution_slots=1, improver_slots=0, require=frozenset())) as sandbox:
        orders = [_order(program, f"at/{number}") for number, (program, _) in enumerate(PROGRAMS)]
        orders.append(replace(orders[0], split="test"))
        expected = [
            measure(SORTING, order, DrawnInstances(SORTING, order.split, order.seeds), sandbox) for order in orders
        ]
    with closing(make(TASKS)) as evaluator:
        assert evaluator.slots >= 1, f"slots must be at least 1, not {evaluator.slots}"
        futures = [evaluator.submit(order) for order in orders]
        for order, future, measured in zip(orders, futures, expected, strict=True):
            result = future.result(SECONDS)
            assert _without_times(result) == _without_times(measured), (
                f"the order at {order.scope} gave {result}, in this process {measured}"
            )
    for (_, verdict), measured in zip(PROGRAMS, expected, strict=False):
        assert measured.result().verdict == verdict, f"the kit itself expects {verdict}: {measured}"


def order_is_carried_out_once(make: MakeEvaluator) -> None:
    """The same order from many threads, ahead and asked for, is measured once, and all get the result."""
    with _counter() as (path, calls), closing(make(TASKS)) as evaluator:
        order = _order(f"def algorithm(values):\n    return {str(path)!r}\n", "at/once", COUNTING)
        evaluator.submit(order, speculative=True)
        with ThreadPoolExecutor(8) as pool:
            futures = list(pool.map(lambda _: evaluator.submit(order), range(8)))
        path.with_name("go").touch()
        results = [future.result(SECONDS) for future in futures]
        assert len({id(result) for result in results}) == 1, "one order must have one result"
        assert calls() == 1, f"the program of one order was scored {calls()} times instead of once"


def order_that_was_submitted_ahead_can_be_asked_for(make: MakeEvaluator) -> None:
    """Asking after the result of an order ahead has arrived returns this result."""
    with closing(make(TASKS)) as evaluator:
        order = _order(PROGRAMS[0][0], "at/ahead")
        early = evaluator.submit(order, speculative=True).result(SECONDS)
        assert evaluator.submit(order).result(SECONDS) is early, "an order ahead must be measured once"


def forgotten_order_is_not_started(make: MakeEvaluator) -> None:
    """An order that waits for a slot and is forgotten is never started; one that has a result was started."""
    with _counter() as (path, calls), closing(make(TASKS)) as evaluator:
        finished = _order(PROGRAMS[0][0], "at/finished")
        evaluator.submit(finished, speculative=True).result(SECONDS)
        assert evaluator.forget(finished), "an order with a result was started"
        assert not evaluator.forget(finished), "an order that is unknown was not started"
        busy = [_order(_LONG, f"at/busy/{number}", SLOW) for number in range(evaluator.slots)]
        for order in busy:
            evaluator.submit(order, speculative=True)
        waiting = _order(f"def algorithm(values):\n    return {str(path)!r}\n", "at/waiting", COUNTING)
        evaluator.submit(waiting, speculative=True)
        assert not evaluator.forget(waiting), "an order must not start before a slot is free"
        assert calls() == 0, "a forgotten order was carried out"


def error_of_a_scorer_arrives_with_its_type(make: MakeEvaluator) -> None:
    """A scorer that raises on the original's answer, too, breaks the task, and the result carries the error."""
    with closing(make(TASKS)) as evaluator:
        measured = evaluator.submit(_order(FAILING.seed, "at/failing", FAILING)).result(SECONDS)
        assert isinstance(measured.error, ScorerFailed), f"the error must be a ScorerFailed: {measured}"
        one = evaluator.submit(_order(FAILING.seed, "at/one")).result(SECONDS)
        assert one.result().verdict == "malformed", f"the answer is malformed if the original's is scored: {one}"


def hostile_program_does_not_disturb_the_next(make: MakeEvaluator) -> None:
    """Programs that kill, exhaust memory or leave processes change nothing for programs after them."""
    hostile = (
        "import os, signal\ndef algorithm(values):\n    os.kill(-1, signal.SIGKILL)\n    os.kill(os.getppid(), 9)\n",
        "def algorithm(values):\n    return [bytes(1 << 28) for _ in range(64)]\n",
        "import os\ndef algorithm(values):\n    while True: os.fork()\n",
        "import sys\ndef algorithm(values):\n    values.clear(); sys.exit(0)\n",
    )
    with closing(make(TASKS)) as evaluator:
        for number, program in enumerate(hostile):
            evaluation = evaluator.submit(_order(program, f"at/hostile/{number}")).result(SECONDS).result()
            assert evaluation.value == 0.0, f"a hostile program has the utility {evaluation.value}: {program}"
            after = evaluator.submit(_order(PROGRAMS[0][0], f"at/after/{number}")).result(SECONDS).result()
            assert after.value == 1.0, f"after {program!r} a good program has {after}"


def closing_ends_orders_that_run_and_wait(make: MakeEvaluator) -> None:
    """`close` fails every order without a result and returns; a second call does nothing; new orders are refused."""
    evaluator = make(TASKS)
    count = evaluator.slots + 3
    futures = [evaluator.submit(_order(_LONG, f"at/{number}", SLOW)) for number in range(count)]
    evaluator.close()
    evaluator.close()
    for future in futures:
        assert isinstance(_failure(future), SandboxError), "an order that is cut off must raise SandboxError"
    try:
        late = evaluator.submit(_order(PROGRAMS[0][0], "at/late"))
    except StropError:
        return
    assert isinstance(_failure(late), StropError), "a closed evaluator must refuse orders"


CHECKS: tuple[Callable[[MakeEvaluator], None], ...] = (
    scores_are_those_of_this_process,
    order_is_carried_out_once,
    order_that_was_submitted_ahead_can_be_asked_for,
    forgotten_order_is_not_started,
    error_of_a_scorer_arrives_with_its_type,
    hostile_program_does_not_disturb_the_next,
    closing_ends_orders_that_run_and_wait,
)


def _order(program: str, scope: str, task: Task = SORTING) -> Order:
    return Order(scope, program, task.name, "train", SecretSeeds(b"seeds"), b"secret")


def _failure(future: Future[OrderResult]) -> BaseException | None:
    return future.exception(SECONDS)


def _without_times(measured: OrderResult) -> tuple[Evaluation | None, object, str]:
    evaluation = measured.evaluation
    if evaluation is not None:
        evaluation = replace(evaluation, cpu_seconds=0.0, seconds=(), wall_seconds=0.0)
    return evaluation, measured.notes, repr(measured.error)


@contextmanager
def _counter() -> Iterator[tuple[Path, Callable[[], int]]]:
    """A file and the number of its bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "calls")
        yield path, lambda: path.stat().st_size if path.exists() else 0
