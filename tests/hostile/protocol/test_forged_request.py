"""Requests with a field too many, of wrong types, or for a method that does not exist."""

from __future__ import annotations

from typing import Any

import pytest

from strop.sandbox.base import Violated

REQUESTS = [
    (b'{"request":1,"method":"lm","params":["e",["m"],0.7],"budget":1e9}', "unknown message"),
    (b'{"request":1,"method":"set_budget","params":[1000]}', "unknown method"),
    (b'{"request":1,"method":"__class__","params":[]}', "unknown method"),
    (b'{"request":"1","method":"lm","params":[]}', "wrong types"),
    (b'{"request":true,"method":"lm","params":[]}', "wrong types"),
    (b'{"request":1.5,"method":"lm","params":[]}', "wrong types"),
    (b'{"request":1,"method":["lm"],"params":[]}', "wrong types"),
    (b'{"request":1,"method":"lm","params":{}}', "wrong types"),
    (b'{"request":0,"method":"lm","params":[]}', "already made"),
    (b'{"request":-1,"method":"lm","params":[]}', "already made"),
    (b'{"reply":1,"value":2}', "unknown message"),
    (b'{"op":"call","seed":1,"arguments":[]}', "unknown message"),
    (b'{"raised":{"exception":"E","message":"m"}}', "malformed exception"),
    (b'{"raised":{"exception":1,"message":"m","traceback":""}}', "malformed exception"),
    (b'{"memory":false}', "unknown message"),
]


@pytest.mark.parametrize(("request_text", "reason"), REQUESTS)
def test_guest_is_stopped_when_its_request_is_forged(host: Any, request_text: bytes, reason: str) -> None:
    outcome = host.improve(f"def improve_algorithm(s, u, l):\n    send({request_text!r})\n    while True: pass")
    assert isinstance(outcome, Violated)
    assert reason in outcome.reason
    assert (host.served, host.refused, host.evaluated) == (0, 0, 0)
