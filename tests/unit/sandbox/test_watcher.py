"""Forbidden calls are heard of and counted by guest, and change nothing about what is refused."""

from __future__ import annotations

import sys
import zoneinfo
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import pytest

from strop.sandbox.base import Died, GuestProgram, Limits, Outcome, Returned
from strop.sandbox.confinement.notify import Denied
from strop.sandbox.jail import JailedSandbox
from strop.sandbox.watcher import Watcher
from support.rows import table

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="seccomp is of Linux")

LIMITS = Limits(cpu_seconds=30.0, wall_seconds=300.0)


@pytest.fixture(scope="module")
def heard() -> list[Denied]:
    return []


@pytest.fixture(scope="module")
def sandbox(heard: list[Denied]) -> Iterator[JailedSandbox]:
    with JailedSandbox(solution_slots=1, improver_slots=0, require=frozenset(), on_denied=heard.append) as sandbox:
        if sandbox.posture.layers["audit"].startswith("unavailable"):
            pytest.skip("this kernel tells nobody of forbidden calls")
        assert heard == []  # the probes' own calls are not told
        yield sandbox


def outcome_of(sandbox: JailedSandbox, body: str) -> Outcome:
    with sandbox.open(GuestProgram(f"import ctypes, os, socket, subprocess\ndef f():\n{body}", "f"), LIMITS) as guest:
        return guest.call([], seed=0)


def test_process_that_spams_forbidden_calls_is_told_a_hundred_times_and_ended(
    sandbox: JailedSandbox, heard: list[Denied]
) -> None:
    heard.clear()
    outcome = outcome_of(sandbox, "    while True:\n        ctypes.CDLL(None).chroot(b'/')")
    assert isinstance(outcome, Died) and outcome.reason == "signal SIGSYS"
    assert len(heard) == 100


HONEST = {
    "numpy": "import numpy, numpy.ma\n    numpy.linalg.svd(numpy.random.rand(50, 50)); numpy.fft.fft(numpy.ones(8))",
    "threads": "from concurrent.futures import ThreadPoolExecutor\n    list(ThreadPoolExecutor(8).map(str, range(50)))",
    "asyncio": "import asyncio\n    asyncio.run(asyncio.sleep(0.001))",
    "late imports": "import argparse, email, http.client, tarfile, unittest.mock, xml.etree.ElementTree",
    # Python may have been built without them.
    **{name: f"import {name}" for name in ("lzma", "sqlite3", "ssl") if find_spec(f"_{name}")},
    "a database in memory": "import sqlite3\n    sqlite3.connect(':memory:').execute('create table t (a)')"
    if find_spec("_sqlite3")
    else "",
    "clocks": "import datetime, time, zoneinfo\n    time.sleep(0.001); datetime.datetime.now(zoneinfo.ZoneInfo('UTC'))"
    if "UTC" in zoneinfo.available_timezones()
    else "",
    "signals to itself": "import signal\n    signal.signal(signal.SIGUSR1, print); signal.raise_signal(signal.SIGUSR1)",
    "a timer": "import signal\n    signal.signal(signal.SIGALRM, print); signal.setitimer(signal.ITIMER_REAL, 0.001)",
    "the name of the platform": "import platform\n    platform.platform(); platform.processor(); tuple(platform.uname())",
    "the name of a user": "import pwd\n    os.path.expanduser('~nobody'); len(pwd.getpwall())",
    "processors": "os.cpu_count(); os.sched_getaffinity(0); os.getpid(); os.uname()",
    "a file that is not there": "import contextlib\n    with contextlib.suppress(OSError): open('/etc/passwd')",
    "a file to write": "import contextlib, tempfile\n    with contextlib.suppress(OSError): tempfile.mkdtemp()",
    "random numbers": "import random, secrets, uuid\n    secrets.token_hex(); uuid.uuid4(); random.SystemRandom().random()",
    "too much memory": "import contextlib\n    with contextlib.suppress(MemoryError): bytearray(1 << 40)",
}


@table("body", HONEST.values())
def test_nothing_is_told_or_counted_of_honest_programs(sandbox: JailedSandbox, heard: list[Denied], body: str) -> None:
    heard.clear()
    outcome = outcome_of(sandbox, f"    {body}\n    return 1")
    assert isinstance(outcome, Returned), outcome
    assert (heard, outcome.denied) == ([], {}), body


def test_outcome_counts_the_calls_that_were_refused_while_it_came_about(sandbox: JailedSandbox) -> None:
    program = """import contextlib, os, socket
def attempt(times):
    for _ in range(times):
        with contextlib.suppress(OSError):
            socket.socket()
    with contextlib.suppress(OSError):
        os.execv('/x', ['x'])
"""
    with sandbox.open(GuestProgram(program, "attempt"), LIMITS) as guest:
        outcomes = [guest.call([times], seed=0) for times in (3, 1)]
    assert [outcome.denied for outcome in outcomes] == [{"socket": 3, "execve": 1}, {"socket": 1, "execve": 1}]


def test_outcome_counts_the_calls_of_all_threads_and_of_a_guest_that_died_of_something_else(
    sandbox: JailedSandbox,
) -> None:
    outcome = outcome_of(sandbox, "    try: socket.socket()\n    except OSError: os._exit(3)")
    assert isinstance(outcome, Died) and outcome.denied == {"socket": 1}
    body = """    import contextlib, threading
    def attempt():
        with contextlib.suppress(OSError):
            socket.socket()
    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()"""
    assert outcome_of(sandbox, body).denied == {"socket": 8}


def test_calls_are_counted_for_the_guest_that_made_them_when_others_run_beside_it() -> None:
    program = GuestProgram(
        """import ctypes
def attempt(times):
    for _ in range(times):
        ctypes.CDLL(None).chroot(b"/")
    return times
""",
        "attempt",
    )

    def attempt(times: int) -> tuple[int, dict[str, int]]:
        with sandbox.open(program, LIMITS) as guest:
            return times, dict(guest.call([times], seed=0).denied)

    with JailedSandbox(solution_slots=3, improver_slots=0, require=frozenset()) as sandbox:
        if not sandbox.posture.layers["audit"].startswith("forbidden calls are counted"):
            pytest.skip("this kernel tells nobody of forbidden calls")
        with ThreadPoolExecutor(3) as pool:
            counted = list(pool.map(attempt, [0, 1, 2, 3, 4, 5, 50, 0, 200, 0, 7, 0] * 3))
    assert counted == [(times, {"chroot": times} if times else {}) for times, _ in counted]


def test_watcher_may_be_closed_by_several_threads_at_once() -> None:
    for _ in range(50):
        watcher = Watcher()
        with ThreadPoolExecutor(8) as pool:
            for closed in [pool.submit(watcher.close) for _ in range(8)]:
                closed.result()
