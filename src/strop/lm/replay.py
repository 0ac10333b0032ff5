"""Recorded answers first: what was answered once is given again, and never asked for twice.

Every answer is kept under the key of its request: the SHA-256 of where in the run it was asked, what was said, the temperature
that was asked for, and which of the equal requests it is. So n equal prompts keep n different answers, whatever order the
threads come in. What the server took in the end (it may clip or drop the temperature) is known only after the answer and stands
beside it as its effective parameters; it is no part of the key.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from strop.base.errors import LanguageModelError
from strop.lm.base import Completion, Keep, LanguageModel, Request, dropped
from strop.lm.batch import CompletionBatch, Wrapper

_SHOWN_LINES = 40
"""Lines of a difference that are shown."""


def key_of(request: Request) -> str:
    """64 hexadecimal digits that tell a request from every other of its run."""
    parts = [request.scope, request.expertise, request.message, request.temperature, request.sample]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class Recorded(Wrapper):
    """A `LanguageModel` that gives the answers it has learnt, and asks `model` for the others."""

    def __init__(self, model: LanguageModel, known: Mapping[str, Completion] | None = None) -> None:
        super().__init__(model)
        self._known = dict(known or {})
        self._lock = threading.Lock()
        self.given = 0
        """Answers that were known."""
        self.asked = 0
        """Answers that the model gave."""

    def learn(self, known: Mapping[str, Completion], *, by_the_model: bool = False) -> None:
        """Answers by `key_of` their requests, before anything is asked. `by_the_model`: it gave them before it was made again."""
        # Those that are known already were another run's: the script was not asked for them.
        new = len(known.keys() - self._known.keys())
        self._known |= known
        skip = getattr(self._model, "skip", None)  # only a script has answers that come one after the other
        if by_the_model and skip is not None:
            skip(new)

    def complete(self, requests: Sequence[Request], keep: Keep = dropped) -> list[Completion]:
        """One completion for each request, in order.

        Raises:
            LanguageModelError: the model failed; what is known, and what it answered all the same, is in the error.
        """
        batch = CompletionBatch(requests, keep)
        keys = [key_of(request) for request in requests]
        for position, key in enumerate(keys):
            if key in self._known:
                batch.add(position, self._known[key])
        with self._lock:
            self.given += len(requests) - len(batch.missing)

        def with_key(position: int, completion: Completion) -> Completion:
            with self._lock:
                self.asked += 1
            return replace(completion, request=keys[position])

        return batch.ask_missing(self._model, answer=with_key)


class NoModel:
    """Stands where a run is replayed: whatever is asked of it was not recorded, and that is told."""

    def __init__(self, name: str, is_language_model: bool, recorded: Callable[[], Iterable[Request]]) -> None:
        """`recorded` gives the requests of the record, for comparison."""
        self.name = name
        self.is_language_model = is_language_model
        self._recorded = recorded

    def complete(self, requests: Sequence[Request], keep: Keep = dropped) -> list[Completion]:
        """Nothing for no request.

        Raises:
            LanguageModelError: for any other; it shows the difference to the nearest request that was recorded.
        """
        if requests:
            raise LanguageModelError(not_recorded(requests[0], self._recorded()), (None,) * len(requests))
        return []

    def finish(self) -> None:
        """Nothing is ever on its way."""

    def close(self) -> None:
        """Nothing to close."""


def not_recorded(request: Request, recorded: Iterable[Request]) -> str:
    """That a request was not recorded, with the difference to the nearest one that was."""
    where = f"request {request.sample} in {request.scope or 'the run'} was not recorded"
    nearest = max(recorded, key=lambda each: _nearness(request, each), default=None)
    if nearest is None:
        return f"{where}: the record holds no request"
    lines = list(
        difflib.unified_diff(_lines(nearest), _lines(request), "nearest recorded request", "asked now", "", "", 1)
    )
    cut = [*lines[:_SHOWN_LINES], f"… {len(lines) - _SHOWN_LINES} more lines"] if len(lines) > _SHOWN_LINES else lines
    return "\n".join([f"{where}; the nearest that was:", *cut])


def _nearness(a: Request, b: Request) -> tuple[float, ...]:
    """Text first, then the place: most likely the same was asked elsewhere, or something slightly else in the same place."""
    same = difflib.SequenceMatcher(None, a.message[:4000], b.message[:4000], autojunk=False)
    alike = same.quick_ratio()
    return (
        alike,
        a.scope == b.scope,
        a.expertise == b.expertise,
        a.temperature == b.temperature,
        -abs(a.sample - b.sample),
    )


def _lines(request: Request) -> list[str]:
    head = [f"scope: {request.scope}", f"sample: {request.sample}", f"temperature: {request.temperature}"]
    return [*head, "expertise:", *request.expertise.splitlines(), "message:", *request.message.splitlines()]
