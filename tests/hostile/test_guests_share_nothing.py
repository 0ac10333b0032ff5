"""What a guest finds of the guests before it and beside it: nothing that one of them could have changed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hostile.own_memory import forms, search
from strop.evaluation.base import Order
from strop.evaluation.instances import DrawnInstances
from strop.evaluation.measure import measure
from strop.sandbox.base import GuestProgram, Limits, Returned
from strop.sandbox.jail import JailedSandbox
from strop.tasks.base import SecretSeeds, Task
from strop.tasks.values import rebuilt

LOOK = """
import fcntl, os, sys, threading

def look():
    threads, frame, numbers = [], sys._getframe(), []
    thread = threading.Thread(target=lambda: threads.append(threading.get_native_id()))
    thread.start()
    thread.join()
    while frame := frame.f_back:
        numbers.append([frame.f_code.co_name, {name: each for name, each in frame.f_locals.items() if type(each) is int}])
    found = {}
    for number in range(64):
        try:
            facts = os.fstat(number)
        except OSError:
            continue
        flags = [fcntl.fcntl(number, command) for command in (fcntl.F_GETFL, fcntl.F_GETFD)]
        found[str(number)] = [facts.st_mode, facts.st_rdev, *flags]
    return {"descriptors": found, "environment": dict(os.environ), "folder": os.getcwd(), "mask": os.umask(0),
            "processors": sorted(os.sched_getaffinity(0)), "processes": [os.getpid(), os.getppid(), *threads], "stack": numbers}
"""
LEAVE = """
import fcntl, os, threading

def leave(threads):
    for number in range(3):
        fcntl.fcntl(number, fcntl.F_SETFL, fcntl.fcntl(number, fcntl.F_GETFL) | os.O_NONBLOCK | os.O_APPEND)
    os.umask(0o077)
    os.environ["LEFT"] = "behind"
    for _ in range(threads):
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()
"""


@pytest.fixture(scope="module")
def jail() -> Iterator[JailedSandbox]:
    with JailedSandbox(solution_slots=2, improver_slots=1, require=frozenset()) as jail:
        yield jail


def value(jail: JailedSandbox, text: str, entry: str, *arguments: Any) -> Any:
    with jail.open(GuestProgram(text, entry), Limits(cpu_seconds=20.0, wall_seconds=60.0)) as guest:
        outcome = guest.call(list(arguments), seed=0)
        assert isinstance(outcome, Returned), outcome
        return rebuilt(outcome.value)


def test_guest_finds_no_trace_of_the_guest_before_it(jail: JailedSandbox) -> None:
    if "pid" not in jail.posture.layers.get("namespaces", ""):
        pytest.skip("numbers of processes are the whole machine's without a namespace")
    untouched = value(jail, LOOK, "look")
    assert list(untouched["descriptors"]) == ["0", "1", "2", "3", "4"]
    for threads in (0, 3, 400):
        value(jail, LEAVE, "leave", threads)
        for _ in range(4):  # each server that there is
            assert value(jail, LOOK, "look") == untouched


FUTEX = """
import ctypes, os

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
FUTEX, ADDRESS, ROBUST = {"x86_64": (202, 218, 273), "aarch64": (98, 96, 99)}[os.uname().machine]
PRIVATE = 128

def refused(number, *arguments):
    ctypes.set_errno(0)
    return libc.syscall(number, *arguments) < 0 and ctypes.get_errno() in (1, 38)

def now(word):
    return ctypes.c_uint32.from_address(word.value).value

def wake():
    page = libc.mmap(None, 4096, 1, 1, os.open(os.__file__, os.O_RDONLY), 0)
    word = ctypes.c_void_p(page + 256)
    operations = {"wake": 1, "requeue": 3, "compare and requeue": 4, "wake and change": 5, "unlock": 7, "wake some": 10,
                  "requeue to a lock": 12}
    held = {name: refused(FUTEX, word, number, 1, 0, word, 0) for name, number in operations.items()}
    held |= {f"{name}, real time": refused(FUTEX, word, number | 256, 1, 0, word, 0) for name, number in operations.items()}
    held |= {"futex_wake": refused(454, word, 1, 1, 2), "futex_requeue": refused(456, word, 0, 1, 1)}
    held |= {"set_tid_address": refused(ADDRESS, word), "set_robust_list": refused(ROBUST, word, 24)}
    moment = (ctypes.c_long * 2)(0, 1)
    for name, number in {"wait": 0, "wait for some": 9, "wait, real time": 256, "wait for some, real time": 265}.items():
        held[name] = libc.syscall(FUTEX, word, number, now(word), moment, 0, -1) < 0 and ctypes.get_errno() == 11
    held["futex_wait"] = libc.syscall(455, word, now(word), -1, 2, moment, 1) < 0 and ctypes.get_errno() in (11, 38)
    own = ctypes.c_uint32(0)
    assert libc.syscall(FUTEX, ctypes.byref(own), 1 | PRIVATE, 1, 0, 0, 0) == 0
    return [name for name, is_held in held.items() if not is_held]
"""


def test_guest_wakes_nobody_on_a_page_that_all_guests_have(jail: JailedSandbox) -> None:
    assert value(jail, FUTEX, "wake") == []


THREADS = """
import asyncio, concurrent.futures, ctypes, queue, threading

def work():
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        total = sum(pool.map(abs, range(-100, 0)))
    condition, found = threading.Condition(), queue.Queue()
    def wait():
        with condition:
            found.put(condition.wait_for(lambda: True, 5))
    threads = [threading.Thread(target=wait) for _ in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    async def double(number):
        return await asyncio.to_thread(lambda: 2 * number)
    async def all_of_them():
        return sum(await asyncio.gather(*map(double, range(10))))
    barrier = threading.Barrier(4)
    waits = [threading.Thread(target=barrier.wait) for _ in range(4)]
    for thread in waits: thread.start()
    for thread in waits: thread.join()
    libc = ctypes.CDLL(None)
    thread, result = ctypes.c_ulong(), ctypes.c_void_p()
    assert libc.pthread_create(ctypes.byref(thread), None, libc.usleep, ctypes.c_void_p(20_000)) == 0
    assert libc.pthread_join(thread, ctypes.byref(result)) == 0
    return [total, found.qsize(), asyncio.run(all_of_them())]
"""


def test_guests_that_start_threads_at_once_are_all_served(jail: JailedSandbox) -> None:
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(lambda _: value(jail, THREADS, "work"), range(6))) == [[5050, 8, 90]] * 6


@pytest.mark.parametrize("is_there", [False, True], ids=["its sampler's seed", "what is there"])
def test_program_that_searches_its_process_finds_no_seed_of_its_samplers(jail: JailedSandbox, is_there: bool) -> None:
    seeds = SecretSeeds(b"secret")
    needles = [each for index in range(3) for each in forms(seeds.seed("t", "train", index))]
    text = (
        f"{search(*([b'what the sampler draws'] if is_there else needles))}\ndef f(x):\n    return float(found() > 0)\n"
    )
    task = Task(
        "t",
        lambda rng: {"x": f"what the sampler draws {rng.integers(99)}"},
        lambda instance, answer: float(answer),
        "def f(x):\n    return 0.5\n",
        "f",
        instances=3,
        time_limit=20.0,
        description="d",
    )
    drawn = DrawnInstances(task, "train", seeds)
    found = measure(task, Order("s", text, "t", "train", seeds, b"secret"), drawn, jail).result()
    assert (found.verdict, found.scores) == ("ok", (float(is_there),) * 3), found.error
