"""P62: sixty-four threads race for four calls."""

from __future__ import annotations

from typing import Any

from strop.sandbox.base import Returned

RACE = """
import threading
def improve_algorithm(s, u, l):
    answers, threads, start = [], [], threading.Event()
    def ask():
        start.wait()
        for _ in range(4):
            try:
                answers.extend(l.prompt("e", "m"))
            except Exception:
                pass
    for _ in range(64):
        thread = threading.Thread(target=ask)
        try:
            thread.start()
        except RuntimeError:
            break  # the jail gives a process few threads
        threads.append(thread)
    start.set()
    for thread in threads: thread.join()
    return [len(threads), len(answers)]
"""


def test_host_serves_the_granted_calls_when_threads_race_for_them(host: Any) -> None:
    outcome = host.improve(RACE)
    assert isinstance(outcome, Returned) and isinstance(outcome.value, list)
    threads, answers = outcome.value
    assert isinstance(threads, int) and threads >= 32
    assert answers == 4
    assert (host.served, host.refused) == (4, threads * 4 - 4)
