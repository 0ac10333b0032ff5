"""JailedSandbox: the contract of a sandbox, its places, and what it refuses."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from strop.base.errors import SandboxError, SandboxUnavailable
from strop.sandbox.base import GuestProgram, Limits, Raised, Returned
from strop.sandbox.jail import JailedSandbox, idle_servers
from strop.sandbox.layers import Layers
from strop_selftest.traces import children

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="fork servers are for Linux")

LIMITS = Limits()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[JailedSandbox]:
    with JailedSandbox(solution_slots=1, improver_slots=1, require=frozenset()) as sandbox:
        yield sandbox


def outcome_of(sandbox: JailedSandbox, text: str, *arguments: int, limits: Limits = LIMITS) -> object:
    with sandbox.open(GuestProgram(text, "algorithm"), limits) as guest:
        return guest.call(list(arguments), seed=0)


def test_open_waits_while_every_place_is_taken(sandbox: JailedSandbox) -> None:
    opened = threading.Event()

    def second() -> None:
        with sandbox.open(GuestProgram("", "f"), LIMITS):
            opened.set()

    with sandbox.open(GuestProgram("", "f"), LIMITS):
        thread = threading.Thread(target=second)
        thread.start()
        assert not opened.wait(0.05)
    assert opened.wait(600)
    thread.join()


def test_place_is_of_its_kind_and_free_again_when_its_guest_or_all_of_a_thread_are_closed(
    sandbox: JailedSandbox,
) -> None:
    improver = GuestProgram("", "improve_algorithm", "improver")
    with sandbox.open(improver, LIMITS), sandbox.open(improver, LIMITS):
        assert isinstance(outcome_of(sandbox, "def algorithm():\n    return 1"), Returned)
    guest = sandbox.open(GuestProgram("", "f"), LIMITS)
    guest.close()
    guest.close()
    for _ in range(3):
        with sandbox.open(GuestProgram("", "f"), LIMITS), sandbox.open(GuestProgram("", "f"), LIMITS):
            pass
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(outcome_of, sandbox, "import strop.base.errors\ndef algorithm():\n    return 1").result(600)
    assert isinstance(other, Raised) and other.exception == "ModuleNotFoundError", "the host's packages are not there"


def test_open_fails_for_those_who_wait_when_the_sandbox_is_closed() -> None:
    sandbox = JailedSandbox(solution_slots=1, improver_slots=0, require=frozenset())
    guest = sandbox.open(GuestProgram("", "f"), LIMITS)
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(sandbox.open, GuestProgram("", "f"), LIMITS) for _ in range(2)]
        sandbox.close()
        guest.close()
    assert all(isinstance(each.exception(), SandboxError) for each in waiting)


def test_two_threads_end_when_each_opens_a_second_program_while_all_places_are_taken() -> None:
    both_hold_one = threading.Barrier(2)
    program = GuestProgram("def algorithm(x):\n    return x + 1", "algorithm")
    outcomes: list[object] = []
    with JailedSandbox(solution_slots=2, improver_slots=0, require=frozenset()) as sandbox:

        def compare() -> None:
            with sandbox.open(program, LIMITS) as original:
                both_hold_one.wait(600)
                with sandbox.open(program, LIMITS) as candidate:
                    outcomes.extend([original.call([1], seed=0), candidate.call([1], seed=0)])

        threads = [threading.Thread(target=compare, daemon=True) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(600)
    assert [outcome.value for outcome in outcomes if isinstance(outcome, Returned)] == [2] * 4


class Stopped(Exception):
    """What a handler of signals raises."""


def test_places_are_right_when_a_signal_ended_the_waiting_for_one() -> None:
    def stop(number: int, frame: object) -> None:
        raise Stopped

    taken, leave = threading.Event(), threading.Event()
    program = GuestProgram("def algorithm():\n    return 1", "algorithm")
    with JailedSandbox(solution_slots=1, improver_slots=0, require=frozenset()) as sandbox:

        def hold() -> None:
            with sandbox.open(program, LIMITS):
                taken.set()
                leave.wait(600)

        other = threading.Thread(target=hold, daemon=True)
        other.start()
        taken.wait(600)
        before = signal.signal(signal.SIGALRM, stop)
        try:
            with pytest.raises(Stopped):
                signal.setitimer(signal.ITIMER_REAL, 0.2)
                sandbox.open(program, LIMITS)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        leave.set()
        other.join(600)
        for _ in range(2):
            assert isinstance(outcome_of(sandbox, program.text), Returned)


def test_sandbox_is_refused_where_a_required_protection_is_not_observed_and_on_windows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(SandboxUnavailable, match="reaching the network"):
        JailedSandbox(solution_slots=1, improver_slots=0, require=frozenset({"network"}), layers=Layers.none())
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(SandboxUnavailable, match="WSL2"):
        JailedSandbox(solution_slots=1, improver_slots=0)


def reusing() -> JailedSandbox:
    return JailedSandbox(solution_slots=1, improver_slots=1, require=frozenset(), reuse=True)


ONE = GuestProgram("def f():\n    return 1", "f")


def test_sandbox_takes_over_the_servers_of_the_one_before() -> None:
    with reusing() as first, first.open(ONE, Limits()) as guest:
        assert isinstance(guest.call([], seed=0), Returned)
    before = children()
    with reusing() as second, second.open(ONE, Limits()) as guest:
        outcome = guest.call([], seed=0)
        assert isinstance(outcome, Returned) and outcome.value == 1
        assert {*children()} <= {*before}  # of an earlier test, one may have ended meanwhile
        assert second.posture is first.posture


def test_sandbox_that_is_closed_with_an_open_guest_leaves_no_server() -> None:
    idle_servers.clear()  # an earlier test's may come from a template that was replaced, whose servers nobody counts
    sandbox = reusing()
    guest = sandbox.open(ONE, Limits())
    guest.call([], seed=0)
    mine = children()
    sandbox.close()
    assert mine - children()
    guest.close()
    with reusing() as other:
        assert other.posture is not sandbox.posture


def test_guest_of_a_closed_sandbox_does_not_run_on_the_servers_of_the_next() -> None:
    first = reusing()
    guest = first.open(ONE, Limits())
    first.close()
    with reusing():
        for refused in (lambda: guest.call([], seed=0), lambda: first.open(ONE, Limits())):
            with pytest.raises(SandboxError, match="closed"):
                refused()
