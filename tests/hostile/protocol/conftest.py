"""Hostile programs against the protocol, each in its own file. Every one runs jailed and in a plain process: the protocol is
the host's own defence, and must hold with every layer of the jail off."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

import pytest

from strop.sandbox.base import Limits, Outcome, Program, Refusal, Sandbox, Value
from strop.sandbox.jail import JailedSandbox
from strop.testing.plain_guest import PlainSandbox

LIMITS = Limits(cpu_seconds=20.0, wall_seconds=60.0)
SEND = """import os, struct
def frame(text, blob=b""):
    return struct.pack("<II", len(text), len(blob)) + text + blob
def send(text, blob=b""):
    data = frame(text, blob)
    while data:
        data = data[os.write(4, data):]
"""


class Host:
    """A host that grants `lm_budget` calls of the language model, and counts everything."""

    def __init__(self, sandbox: Sandbox, lm_budget: int = 4) -> None:
        self._sandbox, self._left, self._lock = sandbox, lm_budget, threading.Lock()
        self.served = self.refused = self.evaluated = 0
        self.notes: list[Sequence[Value]] = []

    def improve(self, text: str, limits: Limits = LIMITS) -> Outcome:
        handlers = {"utility": self.utility, "lm": self.prompt, "lm.remaining": lambda _: self._left, "note": self.note}
        arguments: list[Value] = ["x = 1", {"str": "u", "budget": 25}, {"budget": 4, "max_responses_per_call": 6}]
        with self._sandbox.open(Program(SEND + text, "improve_algorithm", "improver"), limits, handlers) as guest:
            return guest.call(arguments, seed=1)

    def utility(self, _: Sequence[Value]) -> Value:
        with self._lock:
            self.evaluated += 1
        return 0.5

    def note(self, params: Sequence[Value]) -> Value:
        self.notes.append(params)
        return None

    def prompt(self, params: Sequence[Value]) -> Value:
        messages = params[1]
        assert isinstance(messages, list)
        calls = -(-len(messages) // 6)
        with self._lock:
            if calls > self._left:
                self.refused += 1
                raise Refusal("BudgetExceeded", f"{calls} calls asked, {self._left} left")
            self._left -= calls
            self.served += calls
        return ["an answer"] * len(messages)


@pytest.fixture(scope="session", params=["jailed", "plain"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    made: Sandbox = PlainSandbox()
    if request.param == "jailed":
        made = JailedSandbox(solution_places=1, improver_places=1, require=frozenset())
    yield made
    made.close()


@pytest.fixture
def host(sandbox: Sandbox) -> Host:
    return Host(sandbox)


@pytest.fixture
def solve(sandbox: Sandbox) -> Callable[..., Outcome]:
    """Calls `algorithm()` of a program that may use `frame(text, blob)` and `send(text, blob)` to write to the host."""

    def run(text: str, limits: Limits = LIMITS) -> Outcome:
        with sandbox.open(Program(SEND + text, "algorithm"), limits) as guest:
            return guest.call([], seed=1)

    return run


@pytest.fixture
def answer(solve: Callable[..., Outcome]) -> Callable[..., Outcome]:
    """What becomes of a guest that sends exactly these bytes as the text and the data of its answer's frame."""

    def run(text: bytes, blob: bytes = b"") -> Outcome:
        return solve(f"def algorithm():\n    send({text!r}, {blob!r})\n    while True: pass")

    return run
