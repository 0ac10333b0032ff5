"""One set of answers for several improvers: common random numbers for a language model.

Improvers that are compared often send the same requests, above all at first. If they get the same answers, their difference says
more about the improvers and less about chance, and each answer is paid for once. n equal requests of one improver still get n
different answers.
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
    """A `LanguageModel` that gives equal requests of different askers the same answers, sample for sample.

    A repeated answer costs nothing: it has 0 tokens and 0 seconds.
    """

    def __init__(self, model: LanguageModel, scope: str) -> None:
        """Requests are sent in `scope`, in place of the scopes of the askers."""
        super().__init__(model)
        self._scope = scope
        self._known: dict[_Key, Completion] = {}
        self._lock = threading.Lock()

    def complete(self, requests: Sequence[Request], keep: Keep = dropped) -> list[Completion]:
        """One completion for each request, in order.

        Raises:
            LanguageModelError: the model failed; the error has the answers that arrived, which are also repeated later.
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
