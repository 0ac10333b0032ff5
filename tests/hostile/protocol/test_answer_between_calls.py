"""An answer sent between two calls, before its question."""

from __future__ import annotations

import time

from strop.sandbox.base import Limits, Program, Returned, Sandbox, Violated

AHEAD = """import os, struct, threading, time
def later():
    time.sleep(0.1)
    os.write(4, struct.pack("<II", 14, 0) + b'{"returned":1}')
def algorithm():
    threading.Thread(target=later).start()
    return 0
"""


def test_guest_is_stopped_when_it_answers_before_it_is_called(sandbox: Sandbox) -> None:
    with sandbox.open(Program(AHEAD, "algorithm"), Limits(cpu_seconds=20.0)) as guest:
        first = guest.call([], seed=1)
        time.sleep(1.0)  # until its thread has written: nothing of the host's can show that
        second = guest.call([], seed=1)
    assert isinstance(first, Returned) and first.value == 0
    assert isinstance(second, Violated) and "between two calls" in second.reason
