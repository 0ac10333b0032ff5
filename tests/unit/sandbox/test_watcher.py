"""Forbidden calls are heard of when somebody asks, and change nothing about what is refused."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from strop.sandbox.base import Died, Limits, Outcome, Program, Returned
from strop.sandbox.confinement.notify import Denied
from strop.sandbox.jail import JailedSandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="seccomp is of Linux")

LIMITS = Limits(cpu_seconds=30.0, wall_seconds=30.0)


@pytest.fixture(scope="module")
def heard() -> list[Denied]:
    return []


@pytest.fixture(scope="module")
def sandbox(heard: list[Denied]) -> Iterator[JailedSandbox]:
    with JailedSandbox(solution_places=1, improver_places=0, on_denied=heard.append) as sandbox:
        if sandbox.posture.layers["audit"].startswith("unavailable"):
            pytest.skip("this kernel tells nobody of forbidden calls")
        assert heard == []  # the probes' own calls are not told
        yield sandbox


def outcome_of(sandbox: JailedSandbox, body: str) -> Outcome:
    with sandbox.open(Program(f"import ctypes, os, socket, subprocess\ndef f():\n{body}", "f"), LIMITS) as guest:
        return guest.call([], seed=0)


@pytest.mark.parametrize(
    ("attempt", "calls"),
    [
        ("socket.socket()", {"socket"}),
        ("subprocess.run(['x'])", {"vfork", "clone"}),
        ("os.posix_spawn('/x', ['x'], {})", {"clone", "vfork"}),
        ("os.execv('/x', ['x'])", {"execve"}),
        ("os.chmod('/', 0)", {"chmod", "fchmodat"}),
    ],
)
def test_forbidden_call_is_refused_and_told(
    sandbox: JailedSandbox, heard: list[Denied], attempt: str, calls: set[str]
) -> None:
    heard.clear()
    outcome = outcome_of(sandbox, f"    try:\n        {attempt}\n    except PermissionError:\n        return 'refused'")
    assert isinstance(outcome, Returned) and outcome.value == "refused"
    assert {denied.call for denied in heard} & calls


def test_plain_fork_is_refused_when_calls_are_told_too(sandbox: JailedSandbox) -> None:
    outcome = outcome_of(sandbox, "    try:\n        os.fork()\n    except PermissionError:\n        return 'refused'")
    assert isinstance(outcome, Returned) and outcome.value == "refused"


def test_process_that_spams_forbidden_calls_is_told_a_hundred_times_and_ended(
    sandbox: JailedSandbox, heard: list[Denied]
) -> None:
    heard.clear()
    outcome = outcome_of(sandbox, "    while True:\n        ctypes.CDLL(None).chroot(b'/')")
    assert isinstance(outcome, Died) and outcome.reason == "signal SIGKILL"
    assert len(heard) == 100


def test_nothing_is_told_of_an_honest_program(sandbox: JailedSandbox, heard: list[Denied]) -> None:
    heard.clear()
    assert isinstance(outcome_of(sandbox, "    import numpy\n    return float(numpy.ones(10).sum())"), Returned)
    assert heard == []
