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

from strop.lm.base import Completion, Keep, LanguageModel, Request, dropped
from strop.lm.batch import CompletionBatch, Wrapper

_Key: TypeAlias = tuple[str, str, float, int]


class SharedAnswers(Wrapper):
    """A `LanguageModel` that gives equal requests, sample for sample, the answers it has, whoever asks.

    What is given again has cost nothing: its tokens are 0 and it took no time.
    """

    def __init__(self, model: LanguageModel, scope: str) -> None:
        """`scope` takes the place of the askers' own: there a request is one request, whoever makes it."""
        super().__init__(model)
        self._scope = scope
        self._known: dict[_Key, Completion] = {}
        self._lock = threading.Lock()

    def complete(self, requests: Sequence[Request], keep: Keep = dropped) -> list[Completion]:
        """One completion for each request, in order.

        Raises:
            LanguageModelError: the model failed; what it answered all the same is in the error and is kept.
        """
        batch = CompletionBatch(requests, keep)
        with self._lock:
            known = [self._known.get(_key(request)) for request in requests]
        for position, completion in enumerate(known):
            if completion is not None:
                batch.add(position, _again(completion))

        def remember(position: int, completion: Completion) -> Completion:
            with self._lock:
                self._known[_key(requests[position])] = completion
            return completion

        return batch.ask_missing(
            self._model, request=lambda request: replace(request, scope=self._scope), answer=remember
        )


def _key(request: Request) -> _Key:
    return request.expertise, request.message, request.temperature, request.sample


def _again(completion: Completion) -> Completion:
    return replace(completion, input_tokens=0, output_tokens=0, cost=0, seconds=0.0, faults=(), again=True)
