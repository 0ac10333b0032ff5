"""The same request twenty times: one answer may be waited for twenty times, but is given and charged once."""

from __future__ import annotations

from typing import Any

from strop.sandbox.base import Violated

REPLAY = """
def improve_algorithm(s, u, l):
    for _ in range(20):
        send(b'{"request":7,"method":"lm","params":["e",["m"],0.7]}')
    while True: pass
"""


def test_guest_is_stopped_and_pays_once_when_it_replays_a_request(host: Any) -> None:
    outcome = host.improve(REPLAY)
    assert isinstance(outcome, Violated)
    assert outcome.reason == "request 7 was already made, or comes out of order"
    assert host.served <= 1
