"""The acts of one improvement, named by what was asked: a candidate or an LM call, and which of the equal ones it is.

An improver with threads that is executed again, by a resumed run or a replay, may come to its acts in another order. An act that
the record holds keeps its number and its answers, and is granted again; only new acts compete for what is left of the budget.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from strop.base.events import LmCalled, Recorder, outlined
from strop.base.results import Evaluation
from strop.core.completed_work import CompletedWork

_Prompt: TypeAlias = tuple[str, str, float]
"""Digests of expertise and message, and the temperature."""


class NewAct(Exception):
    """The record does not hold an act, where only those that it holds are wanted."""


class Once:
    """Waits for an evaluation for all who ask for it."""

    def __init__(self, wait: Callable[[], Evaluation]) -> None:
        self._wait, self._lock = wait, threading.Lock()
        self._evaluation: Evaluation | None = None

    def __call__(self) -> Evaluation:
        with self._lock:
            if self._evaluation is None:
                self._evaluation = self._wait()
            return self._evaluation


class Acts:
    """Names the acts of the improvement at `scope`. Thread-safe."""

    def __init__(self, scope: str, past: CompletedWork, record: Recorder) -> None:
        self._scope, self._record = scope, record
        self._lock = threading.Lock()
        self._seen: Counter[str] = Counter()
        self._evaluated = past.candidates.get(scope, frozenset())
        self._samples: Counter[_Prompt] = Counter()
        self._calls = 0
        """The number of the next new call."""
        self._recorded: dict[object, deque[tuple[int, list[int]]]] = defaultdict(deque)
        """Number and samples of each call of the record that was not made again."""
        calls = past.calls.get(scope, ())
        for call in calls:
            self._recorded[_key(call)].append((call.call, samples_of(call, self._samples)))
            self._calls = max(self._calls, call.call + 1)
        self.evaluations = len(self._evaluated)
        """Recorded evaluations."""
        self.lm_calls = min(sum(call.cost for call in calls), past.reserved_calls.get(f"{scope}/handles", 0))
        """What recorded LM calls cost the improver, without those that asked for corrected edits."""

    def next_evaluation(self, name: str, key: str) -> str:
        """The scope of the next evaluation of a candidate; `key` tells it from others of the same `name`."""
        return f"{self._scope}/u-{name}#{self._seen[key]}"

    def evaluation(self, name: str, key: str, reserve: Callable[[bool], None]) -> str:
        """The last part of that scope, taken. `reserve` gets whether the record holds this evaluation; if it raises, nothing is
        taken."""
        with self._lock:
            scope = self.next_evaluation(name, key)
            reserve(scope in self._evaluated)
            self._seen[key] += 1
        return scope.rpartition("/")[2]

    def call(
        self, expertise: str, messages: tuple[str, ...], temperature: float, cost: int, reserve: Callable[[bool], None]
    ) -> tuple[LmCalled, list[int]]:
        """An LM call with its number, recorded, and the sample of each message: its index among the equal ones of the scope.

        `reserve` gets whether the record holds the call; if it raises, nothing happens. A record has the calls of a scope in the
        order in which their samples were taken.
        """
        call = LmCalled(
            scope=self._scope, call=0, expertise=expertise, messages=messages, temperature=temperature, cost=cost
        )
        outline = outlined(call)
        with self._lock:
            recorded = self._recorded[_key(outline)]
            reserve(bool(recorded))
            number, samples = recorded.popleft() if recorded else (self._calls, samples_of(outline, self._samples))
            self._calls = max(self._calls, number + 1)
            call = replace(call, call=number)
            self._record(call)
        return call, samples


def samples_of(call: LmCalled, seen: Counter[_Prompt]) -> list[int]:
    """For each message of a call, how often it was `seen` before; counts it."""
    samples = []
    for message in call.messages:
        prompt = call.expertise, message, call.temperature
        samples.append(seen[prompt])
        seen[prompt] += 1
    return samples


def _key(call: LmCalled) -> tuple[str, Sequence[str], float]:
    return call.expertise, call.messages, call.temperature
