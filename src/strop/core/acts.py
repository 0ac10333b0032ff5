"""Names for the acts of one improvement: each candidate and LM call is named by its content and a number among equal ones.

An improver with threads may come to its acts in another order when a resumed run or a replay executes it again. By its name, an
act is granted again what it was granted before (`Budget.recall`), and an LM call keeps its number and its answers in the record.
"""

from __future__ import annotations

import json
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import TypeAlias

from strop.base.events import LmCalled, Recorder, outlined
from strop.base.results import Evaluation
from strop.base.solution import digest_of

NAMED_BY = 12
"""Digits of a digest in a name."""
_Prompt: TypeAlias = tuple[str, str, float]
"""Digests of expertise and message, and the temperature."""


def once(wait: Callable[[], Evaluation]) -> Callable[[], Evaluation]:
    """A function that waits for an evaluation once, and then returns or raises the same for every caller."""
    ended, lock = Future[Evaluation](), threading.Lock()

    def waited() -> Evaluation:
        with lock:
            if not ended.done():
                try:
                    ended.set_result(wait())
                except BaseException as error:  # noqa: BLE001 (raised for each who asks)
                    ended.set_exception(error)
        return ended.result()

    return waited


class Acts:
    """Names the acts of the improvement at `scope`. Thread-safe."""

    def __init__(self, scope: str, recorded: Sequence[LmCalled], record: Recorder) -> None:
        """`recorded` are the LM calls of the record in its order, with digests in place of texts."""
        self._scope, self._record = scope, record
        self._lock = threading.Lock()
        self._seen: Counter[str] = Counter()
        self._samples: Counter[_Prompt] = Counter()
        self._calls = 0
        """The number of the next new call."""
        self._recorded: dict[str, deque[tuple[int, list[int]]]] = defaultdict(deque)
        """Number and samples of each recorded call that was not made again."""
        for call in recorded:
            self._recorded[_digest(call)].append((call.call, samples_of(call, self._samples)))
            self._calls = max(self._calls, call.call + 1)

    def next_of(self, digest: str) -> str:
        """The name of the next evaluation of a candidate: of a text by its digest, of another by its kind."""
        return f"u-{digest[:NAMED_BY]}#{self._seen['u' + digest]}"

    def evaluation(self, digest: str, reserve: Callable[[str], None]) -> str:
        """The name of the next evaluation of a candidate, which is then used up. `reserve` is called with the name first; if it
        raises, the name is not used up."""
        with self._lock:
            name = self.next_of(digest)
            reserve(name)
            self._seen["u" + digest] += 1
        return name

    def call(
        self, expertise: str, messages: tuple[str, ...], temperature: float, cost: int, reserve: Callable[[str], None]
    ) -> tuple[LmCalled, list[int]]:
        """A new LM call, which is recorded, and the sample of each message: its index among the equal messages of the scope.

        `reserve` is called with the call's name first; if it raises, nothing happens. A record has the calls of a scope in the
        order in which their samples were taken.
        """
        call = LmCalled(
            scope=self._scope, call=0, expertise=expertise, messages=messages, temperature=temperature, cost=cost
        )
        outline = outlined(call)
        digest = _digest(outline)
        with self._lock:
            reserve(f"lm-{digest[:NAMED_BY]}#{self._seen['lm' + digest]}")
            self._seen["lm" + digest] += 1
            recorded = self._recorded[digest]
            number, samples = recorded.popleft() if recorded else (self._calls, samples_of(outline, self._samples))
            self._calls = max(self._calls, number + 1)
            call = replace(call, call=number)
            self._record(call)
        return call, samples


def samples_of(call: LmCalled, seen: Counter[_Prompt]) -> list[int]:
    """How often each message of a call was `seen` before. The messages are added to `seen`."""
    samples = []
    for message in call.messages:
        prompt = call.expertise, message, call.temperature
        samples.append(seen[prompt])
        seen[prompt] += 1
    return samples


def _digest(call: LmCalled) -> str:
    """Digest of the messages, expertise and temperature of an outlined call."""
    return digest_of(json.dumps([call.expertise, call.messages, call.temperature]))
