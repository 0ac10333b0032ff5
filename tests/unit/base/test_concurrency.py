"""Work side by side."""

from __future__ import annotations

import threading
import time

import pytest

from strop.base.concurrency import all_or_error, run_all


def test_work_is_all_done_when_nothing_fails() -> None:
    done: list[int] = []
    assert run_all([lambda n=n: done.append(n) for n in range(20)], 4, "test") == []  # type: ignore[misc]
    assert sorted(done) == list(range(20))


def test_work_runs_side_by_side() -> None:
    assert run_all([threading.Barrier(3, timeout=600).wait] * 3, 3, "test") == []


def test_nothing_new_is_begun_after_the_first_error_and_the_begun_ends() -> None:
    failing, done = threading.Event(), list[str]()

    def fail() -> None:
        failing.set()
        raise ValueError("broken")

    def begun() -> None:
        failing.wait(600)
        done.append("begun")

    # What is waiting takes a while, so that most of it is still waiting when the error is seen.
    errors = run_all([fail, begun, *[lambda: time.sleep(0.01) or done.append("late")] * 10_000], 2, "test")  # type: ignore[func-returns-value]
    assert [str(error) for error in errors] == ["broken"] and "begun" in done and len(done) < 9000


def test_errors_come_in_the_order_of_the_work() -> None:
    meeting = threading.Barrier(2, timeout=600)

    def fail(name: str) -> None:
        meeting.wait()
        raise ValueError(name)

    work = [lambda: fail("first"), lambda: fail("second")]
    assert [str(error) for error in run_all(work, 2, "test")] == ["first", "second"]
    with pytest.raises(ValueError, match="first"):
        all_or_error(work, 2, "test")
