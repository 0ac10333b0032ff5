"""What a guest asks for while it runs: handlers answer in parallel, refuse, or fail. The guest is real, without a jail."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence

import pytest

from strop.sandbox.base import Died, GuestProgram, Handler, Limits, Outcome, Returned, TimedOut, Value
from strop_selftest.plain_guest import PlainSandbox

GENEROUS = Limits(cpu_seconds=20.0, wall_seconds=60.0)
IMPROVER_ARGUMENTS: list[Value] = [
    "x = 1",
    {"str": "the score", "budget": 25},
    {"budget": 4, "max_responses_per_call": 6},
]

IN_THREADS = """from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as pool:
    return list(pool.map(utility, 'abcdefgh'))
"""
ASK_IN_A_THREAD = """import language_model as model, threading, time
threading.Thread(target=lambda: utility.remaining, daemon=True).start()
while not model._Grant.channel._last: time.sleep(0.01)
with model._Grant.channel._lock: pass  # the request is sent
"""
NEVER_READ = """import frames, os
for number in range(1, 5000):
    os.write(4, frames.encode(["request", number, "lm", [], False]))
return 'done'
"""


def improve(text: str, handlers: Mapping[str, Handler], limits: Limits = GENEROUS) -> Outcome:
    with PlainSandbox().open(GuestProgram(text, "improve_algorithm", "improver"), limits, handlers) as guest:
        return guest.call(IMPROVER_ARGUMENTS, seed=1)


def ask(lines: str) -> str:
    return "def improve_algorithm(initial_solution, utility, language_model):\n    " + lines.replace("\n", "\n    ")


def test_session_does_not_count_wall_time_when_the_guest_waits_for_the_host() -> None:
    def slow(_: Sequence[Value]) -> Value:
        time.sleep(2.5)  # longer than the limit: the thing under test
        return 3

    outcome = improve(
        ask("return utility.remaining"), {"utility.remaining": slow}, Limits(cpu_seconds=20.0, wall_seconds=2.0)
    )
    assert isinstance(outcome, Returned)
    assert outcome.value == 3


def test_session_counts_cpu_time_when_the_guest_works_while_it_waits_for_the_host() -> None:
    ended = threading.Event()
    lines = (
        "import threading\nthreading.Thread(target=lambda: utility.remaining, daemon=True).start()\nwhile True: pass"
    )
    timer = threading.Timer(2.0, ended.set)
    timer.start()
    outcome = improve(ask(lines), {"utility.remaining": lambda _: ended.wait(600)}, Limits(cpu_seconds=0.5))
    timer.cancel()
    assert isinstance(outcome, TimedOut) and outcome.limit == "cpu"


def test_session_answers_in_parallel_when_requests_come_from_threads() -> None:
    together = threading.Barrier(8)

    def wait_for_all(_: Sequence[Value]) -> Value:
        together.wait(600)  # passes only when eight handlers run at the same time
        return 0.5

    outcome = improve(ask(IN_THREADS), {"utility": wait_for_all})
    assert isinstance(outcome, Returned) and outcome.value == [0.5] * 8


def test_session_is_told_once_that_threads_ask() -> None:
    told: list[Sequence[Value]] = []
    handlers: dict[str, Handler] = {"utility": lambda _: 0.5, "threads": lambda params: told.append(params)}
    assert isinstance(improve(ask("utility('x')\nreturn 'x'"), handlers), Returned) and told == []
    assert isinstance(improve(ask(IN_THREADS), handlers), Returned) and told == [[]]


def test_session_raises_in_the_host_when_a_handler_fails_after_the_guest_returned() -> None:
    def fail_late(_: Sequence[Value]) -> Value:
        time.sleep(1.0)
        raise ConnectionError("the model is out")

    with pytest.raises(ConnectionError):
        improve(ask(ASK_IN_A_THREAD + "return 'x'"), {"utility.remaining": fail_late})


def test_session_survives_when_a_guest_sends_requests_and_never_reads_the_replies() -> None:
    outcome = improve(ask(NEVER_READ), {"lm": lambda _: ["x" * 10_000]}, Limits(cpu_seconds=20, wall_seconds=1.0))
    assert isinstance(outcome, TimedOut) and outcome.limit == "wall"


def test_session_waits_for_running_handlers_when_the_guest_has_ended() -> None:
    finished = []

    def slow(_: Sequence[Value]) -> Value:
        time.sleep(0.3)
        finished.append(True)
        return 0.0

    assert isinstance(improve(ask(ASK_IN_A_THREAD + "import os\nos._exit(1)"), {"utility.remaining": slow}), Died)
    assert finished == [True]


def test_session_takes_a_fresh_child_when_the_last_one_left_a_request_open_and_asks_again() -> None:
    text = "calls = []\n" + ask("calls.append(1)\n" + ASK_IN_A_THREAD + "return len(calls)")
    handlers: dict[str, Handler] = {"utility.remaining": lambda _: time.sleep(3.0)}
    with PlainSandbox().open(GuestProgram(text, "improve_algorithm", "improver"), GENEROUS, handlers) as guest:
        outcomes = [guest.call(IMPROVER_ARGUMENTS, seed=1) for _ in range(2)]
    assert [outcome.value for outcome in outcomes if isinstance(outcome, Returned)] == [1, 1]
