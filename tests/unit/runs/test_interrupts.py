"""Signals are heard whatever state the process is in."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from strop.base.events import Event, RunFinished
from strop.runs.journal import framed

SIGNALLED = """
import os, signal, threading
from strop.base.errors import StropError
from strop.runs.interrupts import Interrupted, stopped_by_signals
closed = threading.Event()
try:
    with stopped_by_signals(closed.set, seconds={seconds}):
        os.kill(os.getpid(), signal.SIGTERM)
        if closed.wait(60):
            raise StropError("closed")
except Interrupted as error:
    print(error.exit_code)
"""


def test_signal_is_heard_when_nothing_can_be_said_any_more() -> None:
    for seconds in [None, 1e12]:
        read_end, write_end = os.pipe()
        os.close(read_end)  # as a terminal that was closed
        try:
            ended = subprocess.run(
                [sys.executable, "-c", SIGNALLED.format(seconds=seconds)],
                stdout=subprocess.PIPE,
                stderr=write_end,
                text=True,
                timeout=60,
                check=False,
            )
        finally:
            os.close(write_end)
        assert (ended.returncode, ended.stdout) == (0, "143\n"), seconds


def test_session_is_interrupted_when_ctrl_c_comes_before_its_signals_are_taken() -> None:
    events: list[Event] = []
    with pytest.raises(KeyboardInterrupt), framed(events.append, RunFinished(scope="", status="first")):
        raise KeyboardInterrupt
    assert [event.status for event in events if isinstance(event, RunFinished)] == ["first", "interrupted"]
