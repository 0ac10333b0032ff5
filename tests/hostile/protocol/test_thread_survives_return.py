"""A thread that goes on after the improver has returned: it reaches nobody, and ends with the process."""

from __future__ import annotations

import os
from typing import Any

import pytest

from strop.sandbox.base import Limits, Program, Returned
from strop.sandbox.session import Session
from strop.testing.plain_guest import PlainChild

SURVIVOR = """
import threading
def improve_algorithm(s, u, l):
    def on():
        while True:
            try: u("x")
            except BaseException: pass
    threading.Thread(target=on).start()
    return "x"
"""
LOOPER = """
import threading
def algorithm():
    def on():
        while True: pass
    threading.Thread(target=on).start()
    return 1
"""


def test_host_evaluates_nothing_more_when_a_thread_survives_the_return(host: Any) -> None:
    outcome = host.improve(SURVIVOR)
    evaluated = host.evaluated
    assert isinstance(outcome, Returned) and outcome.value == "x"
    assert host.evaluated == evaluated


def test_thread_ends_with_its_process_when_the_guest_is_closed() -> None:
    child = PlainChild()
    with Session(Program(LOOPER, "algorithm"), Limits(cpu_seconds=20.0), lambda: child) as guest:
        assert isinstance(guest.call([], seed=1), Returned)
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)
