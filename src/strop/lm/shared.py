"""One set of answers for several improvers: common random numbers for a language model.

Two improvers that are compared often ask the same, above all at first. Where both get the same answers, their difference
says more of the improvers and less of the luck of a draw; and an answer is paid for once. Each improver by itself still sees
answers as the model draws them: n equal requests of one improver get n different answers.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from strop.base.errors import LanguageModelError
from strop.lm.base import Completion, Keep, LanguageModel, Request, dropped

_Key: TypeAlias = tuple[str, str, float, int]


class SharedAnswers:
    """A `LanguageModel` that gives equal requests, sample for sample, the answers it has, whoever asks.

    What is given again has cost nothing: its tokens are 0 and it took no time.
    """

    def __init__(self, model: LanguageModel, scope: str) -> None:
        """`scope` takes the place of the askers' own: there a request is one request, whoever makes it."""
        self._model = model
        self._scope = scope
        self._known: dict[_Key, Completion] = {}
        self._lock = threading.Lock()
        self.name = model.name
        self.is_language_model = model.is_language_model

    def complete(self, requests: Sequence[Request], keep: Keep = dropped) -> list[Completion]:
        """One completion for each request, in order.

        Raises:
            LanguageModelError: the model failed; what it answered all the same is in the error and is kept.
        """
        with self._lock:
            known = {key: self._known[key] for key in map(_key, requests) if key in self._known}
        given = {key: _again(completion) for key, completion in known.items()}
        missing = [position for position, request in enumerate(requests) if _key(request) not in known]
        for position, request in enumerate(requests):
            if _key(request) in known:
                keep(position, given[_key(request)])

        def arrived(number: int, completion: Completion) -> None:
            position = missing[number]
            given[_key(requests[position])] = completion
            with self._lock:
                self._known[_key(requests[position])] = completion
            keep(position, completion)

        if missing:
            asked = [replace(requests[position], scope=self._scope) for position in missing]
            try:
                self._model.complete(asked, arrived)
            except LanguageModelError as error:
                error.completions = tuple(given.get(_key(request)) for request in requests)
                raise
        return [given[_key(request)] for request in requests]

    def finish(self) -> None:
        """Finish the model behind it; known answers are still given."""
        self._model.finish()

    def close(self) -> None:
        """Close the model behind it."""
        self._model.close()


def _key(request: Request) -> _Key:
    return request.expertise, request.message, request.temperature, request.sample


def _again(completion: Completion) -> Completion:
    return replace(completion, input_tokens=0, output_tokens=0, cost=0, seconds=0.0, faults=(), again=True)
