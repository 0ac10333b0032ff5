"""A scorer ends: what is too long fails, whatever the scorer does against it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from strop.base.errors import ScorerFailed, TaskError
from strop.evaluation.base import Order
from strop.evaluation.functions.load import load_any
from strop.evaluation.pool import WorkerPool
from strop.evaluation.workers import pack
from strop.sandbox.strop_plain_data import Unhashed
from strop.tasks.base import Instance, SecretSeeds, Task
from strop.tasks.score_limit import ended
from strop.tasks.values import AnswerForm
from support.rows import table

SHORT = 0.1


def cubic(instance: Instance, answer: list[int]) -> float:
    return sum(a == b == c for a in answer for b in answer for c in answer) / len(answer) ** 3


def deaf(instance: Instance, answer: object) -> float:
    """Goes on until it is ended, and answers to that, too."""
    end = time.thread_time() + 3 * SHORT
    while time.thread_time() < end:
        try:
            while time.thread_time() < end:
                pass
        except BaseException:  # noqa: BLE001 (as a user might)
            continue
    return 1.0


def turns_it_into_another_error(instance: Instance, answer: object) -> float:
    try:
        while True:
            pass
    except BaseException as error:
        raise ValueError("something") from error


@table("score", (cubic, deaf, turns_it_into_another_error))
def test_score_that_takes_too_long_fails(score: Any) -> None:
    task = Task("t", lambda rng: {}, score, "def f():\n    pass\n", "f", score_limit=SHORT)  # type: ignore[arg-type]
    with pytest.raises(ScorerFailed, match=r"score\(\) took more than 0.1 s on this answer"):
        task.checked_score(Instance({}), [1] * 10_000)


@table("kind", (dict, set))
def test_answer_whose_keys_hash_alike_ends_at_the_limit_of_its_scorer(kind: type) -> None:
    alike: list[Any] = [number * (2**61 - 1) for number in range(100_000)]
    task = Task("t", lambda rng: {}, lambda *_: 1.0, "def f():\n    pass\n", "f", score_limit=SHORT)
    answer = Unhashed(kind, [(number, 1) for number in alike] if kind is dict else alike)
    for form in (None, AnswerForm().learn({2**70: 2} if kind is dict else kind([2**70]))):
        with pytest.raises(ScorerFailed, match=r"score\(\) took more than 0.1 s on this answer"):
            task.checked_score(Instance({}), answer, form)


def test_scorer_that_ends_at_its_limit_leaves_nothing_behind() -> None:
    """An exception that was on its way when the scorer ended must not arrive later."""

    def about_as_long() -> bool:
        end = time.thread_time() + SHORT
        while time.thread_time() < end:
            pass
        return True

    for _ in range(8):
        with suppress(ScorerFailed):
            assert ended(SHORT, "score", about_as_long)
    end = time.monotonic() + 2 * SHORT
    while time.monotonic() < end:
        sum(range(100))


def test_scorers_error_and_value_are_its_own() -> None:
    assert ended(1.0, "score", lambda x: x + 1, 1) == 2
    with pytest.raises(ZeroDivisionError):
        ended(1.0, "score", lambda: 1 / 0)


@table("limit", (0, -1, float("nan"), float("inf")))
def test_score_limit_is_a_positive_number(limit: float) -> None:
    with pytest.raises(TaskError, match=r"score_limit is .* it must be more than 0"):
        Task("t", lambda rng: {}, cubic, "def f():\n    pass\n", "f", score_limit=limit)


STUCK = """
import ctypes, itertools, re, strop


def sample(rng):
    return {"n": int(rng.integers(1, 9))}


def score(instance, answer):
    if answer == "pattern":
        return float(re.fullmatch("(a|a)*b", "a" * 60) is None)
    if answer == "sum":
        return float(sum(itertools.repeat(0)))
    if answer == "lock":  # others run meanwhile
        lock = ctypes.create_string_buffer(64)
        ctypes.CDLL(None).pthread_mutex_lock(lock)
        ctypes.CDLL(None).pthread_mutex_lock(lock)
    return 0.5


task = strop.Task("stuck", sample, score, "def f(n):\\n    return '1'\\n", "f", 3, 3, score_limit=0.2)
"""


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[WorkerPool]:
    (tmp_path / "stuck.py").write_text(STUCK)
    pool = WorkerPool(pack([load_any(str(tmp_path / "stuck.py"))], frozenset()), 1)
    yield pool
    pool.close()


@pytest.mark.process
@pytest.mark.heavy
def test_answer_on_which_a_scorer_is_stuck_in_c_is_malformed_and_the_next_is_scored(pool: WorkerPool) -> None:
    numbers = count()

    def scored(given: object) -> tuple[str, str]:
        order = Order(
            f"at/{next(numbers)}", f"def f(n):\n    return {given!r}\n", "stuck", "train", SecretSeeds(b"s"), b"s"
        )
        result = pool.submit(order).result(600).result()
        return result.verdict, result.error

    stuck = "task stuck: its scorer took too long on an answer, and nothing in it could be interrupted"
    ended = "instance 0: the answer cannot be scored: score() took more than 0.2 s on this answer"
    for given, why in {"pattern": ended, "sum": stuck, "lock": stuck}.items():
        assert scored(given) == ("malformed", why)
        assert scored("1") == ("ok", "")
