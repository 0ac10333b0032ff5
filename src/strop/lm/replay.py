"""Recorded answers first: a request that was answered once gets the same answer again, and is never sent twice.

The key of a request is the SHA-256 of its scope, texts, temperature and sample. So n equal prompts keep n different answers,
whatever the order of threads. The effective parameters, which the server may have changed, are stored with the answer and are not
part of the key.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from strop.base.errors import LanguageModelError
from strop.lm.base import Completion, Keep, LanguageModel, Request, dropped
from strop.lm.batch import CompletionBatch, Immediate, Wrapper, given

_SHOWN_LINES = 40
"""Lines of a diff that are shown."""


def key_of(request: Request) -> str:
    """64 hexadecimal digits, different for every request of a run."""
    parts = [request.scope, request.expertise, request.message, request.temperature, request.sample]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class Recorded(Wrapper):
    """A `LanguageModel` that repeats known answers, and asks `model` for the others."""

    def __init__(self, model: LanguageModel, known: Mapping[str, Completion] | None = None) -> None:
        super().__init__(model)
        self._known = dict(known or {})

    def learn(self, known: Mapping[str, Completion], *, by_the_model: bool = False) -> None:
        """Add answers, by `key_of` their requests, before the first request. `by_the_model`: this model gave them earlier."""
        self._known |= known
        if by_the_model:
            given(self._model, list(known.values()))

    def complete(self, requests: Sequence[Request], keep: Keep = dropped) -> list[Completion]:
        """One completion for each request, in order.

        Raises:
            LanguageModelError: the model failed; the error has the known answers and those that arrived.
        """
        batch = CompletionBatch(requests, keep)
        keys = [key_of(request) for request in requests]
        for position, key in enumerate(keys):
            if key in self._known:
                batch.add(position, self._known[key])

        def with_key(position: int, completion: Completion) -> Completion:
            return replace(completion, request=keys[position])

        return batch.ask_missing(self._model, answer=with_key)


class NoModel(Immediate):
    """The model of a replay: every request that reaches it was not recorded, and is an error."""

    def __init__(self, name: str, is_language_model: bool, recorded: Callable[[], Iterable[Request]]) -> None:
        """`recorded` returns the requests of the record, for comparison."""
        self.name = name
        self.is_language_model = is_language_model
        self._recorded = recorded

    def complete(self, requests: Sequence[Request], keep: Keep = dropped) -> list[Completion]:
        """Nothing for no requests.

        Raises:
            LanguageModelError: there is a request; the message has a diff to the nearest recorded one.
        """
        if requests:
            raise LanguageModelError(not_recorded(requests[0], self._recorded()), (None,) * len(requests))
        return []


def not_recorded(request: Request, recorded: Iterable[Request]) -> str:
    """The message about a request that was not recorded, with a diff to the nearest recorded one."""
    where = f"request {request.sample} in {request.scope or 'the run'} was not recorded"
    nearest = max(recorded, key=lambda other: _nearness(request, other), default=None)
    if nearest is None:
        return f"{where}: the record has no requests"
    lines = list(
        difflib.unified_diff(_lines(nearest), _lines(request), "nearest recorded request", "asked now", "", "", 1)
    )
    cut = [*lines[:_SHOWN_LINES], f"… {len(lines) - _SHOWN_LINES} more lines"] if len(lines) > _SHOWN_LINES else lines
    return "\n".join([f"{where}; the nearest recorded request:", *cut])


def _nearness(a: Request, b: Request) -> tuple[float, ...]:
    """By text first, then by scope: most likely the same was asked elsewhere, or almost the same in this scope."""
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
