"""Signals are heard whatever state the process is in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

from strop.base.errors import StropError
from strop.base.events import Event, RunFinished
from strop.runs import interrupts
from strop.runs.interrupts import Interrupted, TimeSpent, stopped_by_signals
from strop.runs.journal import framed
from support.rows import table

SIGNALLED = """
import os, signal, threading
from strop.base.errors import StropError
from strop.runs.interrupts import Interrupted, stopped_by_signals
closed = threading.Event()
try:
    with stopped_by_signals(closed.set, seconds={seconds}):
        os.kill(os.getpid(), signal.SIGTERM)
        if closed.wait(600):
            raise StropError("closed")
except Interrupted as error:
    print(error.exit_code)
"""


@table("seconds", [None, 1e12])
def test_signal_is_heard_when_nothing_can_be_said_any_more(seconds: float | None) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)  # as a terminal that was closed
    with os.fdopen(write_end, "wb") as errors:
        ended = subprocess.run(
            [sys.executable, "-c", SIGNALLED.format(seconds=seconds)],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            timeout=600,
            check=False,
        )
    assert (ended.returncode, ended.stdout) == (0, "143\n"), seconds


@table("is_lifted", (True, False))
def test_time_limit_that_is_lifted_ends_nothing_and_another_does(
    is_lifted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, now = threading.Event(), [0.0]
    monkeypatch.setattr(interrupts, "time", SimpleNamespace(monotonic=lambda: now[0]))
    with (
        pytest.raises(StropError) as ended,
        stopped_by_signals(closed.set, seconds=0.2, notify=lambda line: None) as watch,
    ):
        if is_lifted:
            watch.lift_limit()
        now[0] = 0.2
        closed.wait(0.5 if is_lifted else 600)
        raise StropError("over")
    assert (type(ended.value) is TimeSpent) == closed.is_set() == (not is_lifted)


@table(
    ("error", "status", "detail"),
    [
        (KeyboardInterrupt("why"), "interrupted", ""),  # Ctrl-C before the session takes its signals
        (Interrupted(signal.SIGTERM), "interrupted", "SIGTERM"),
        (StropError("why"), "failed", "why"),
        (ArithmeticError("why"), "failed", "ArithmeticError: why"),
    ],
)
def test_session_that_ends_by_an_error_records_it_and_raises_it(error: BaseException, status: str, detail: str) -> None:
    events: list[Event] = []
    with pytest.raises(type(error)), framed(events.append, RunFinished(scope="", status="first")):
        raise error
    assert events[1:] == [RunFinished(scope="", status=status, detail=detail)], status
