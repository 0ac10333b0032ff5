"""Guests that write to their pipe themselves, in ordinary processes: the protocol is the host's own defence; it needs no jail."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from strop.sandbox.base import GuestProgram, Limits, Returned
from strop.sandbox.session import Session
from strop_selftest import Ground, catalogue, examine, find
from strop_selftest.ground import plain
from strop_selftest.plain_guest import PlainChild
from support.tiers import slow_unless

pytestmark = pytest.mark.usefixtures("nothing_idle")

NAMES = [
    attack.name for attack in catalogue() if attack.role == "frames" or "unknown m" in attack.observed.get("reason", "")
]
IN_TIME = {
    "forged_done_with_score",
    "forged_rpc_extra_field",
    "header_claims_gigabytes",
    "ndarray_header_claims_8_tb",
    "request_from_a_solution",
    "two_frames_in_one_write",
}
"""Attacks of `make test`, one of each kind; test_kernel_attacks.py runs all of them in the jail."""


@pytest.fixture(scope="module")
def unjailed() -> Iterator[Ground]:
    with plain() as ground:
        yield ground


@pytest.mark.parametrize("name", slow_unless(lambda name: name in IN_TIME, NAMES))
def test_forged_frames_gain_nothing_when_the_guest_is_an_ordinary_process(name: str, unjailed: Ground) -> None:
    assert examine(find(name), unjailed) == []


LOOPER = """
import threading
def algorithm():
    def on():
        while True: pass
    threading.Thread(target=on).start()
    return 1
"""


def test_thread_ends_with_its_process_when_the_guest_is_closed() -> None:
    child = PlainChild()
    with Session(GuestProgram(LOOPER, "algorithm"), Limits(cpu_seconds=20.0), lambda: child) as guest:
        assert isinstance(guest.call([], seed=1), Returned)
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)
