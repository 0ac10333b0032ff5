"""A whole answer, and then a hang with the pipe open: the answer counts, and the next call ends at its deadline."""

from __future__ import annotations

from strop.sandbox.base import Limits, Program, Returned, Sandbox, TimedOut

HANG = """import os, struct, time
def algorithm():
    os.write(4, struct.pack("<II", 14, 0) + b'{"returned":1}')
    time.sleep(600)
"""


def test_answer_counts_and_no_end_of_file_is_waited_for_when_the_guest_hangs_after_it(sandbox: Sandbox) -> None:
    with sandbox.open(Program(HANG, "algorithm"), Limits(cpu_seconds=20.0, wall_seconds=3.0)) as guest:
        first, second = guest.call([], seed=1), guest.call([], seed=1)
    assert isinstance(first, Returned) and first.value == 1
    assert isinstance(second, TimedOut) and second.limit == "wall"
