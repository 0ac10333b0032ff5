"""A cache of answers: a request that was answered once gets the same answer again, and is not sent.

`Request.key` names a request by its scope, texts, temperature and sample. So n equal prompts keep n different answers, whatever
the order of threads. The effective parameters, which the server may have changed, are stored with the answer and are not part of
the key.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace

from strop.base.errors import LanguageModelError
from strop.lm.base import Completion, CompletionBatch, Immediate, Keep, LanguageModel, Request, Wrapper, skip_given


class AnswerCache(Wrapper):
    """A `LanguageModel` that repeats the answers it has, and asks `model` for the others."""

    def __init__(
        self, model: LanguageModel, answers: Mapping[str, Completion] | None = None, *, scope: str | None = None
    ) -> None:
        """`answers`: by the keys of their requests.

        With `scope`, requests of all scopes are asked in this scope, and their answers are remembered. So equal requests of
        several improvers get equal answers, sample for sample (common random numbers), and a repeated answer costs nothing.
        Compared improvers often ask the same, above all at first; their difference then depends less on chance.
        """
        super().__init__(model)
        self._answers = dict(answers or {})
        self._scope = scope
        self._lock = threading.Lock()

    def learn(self, answers: Mapping[str, Completion], *, by_the_model: bool = False) -> None:
        """Add answers, by the keys of their requests, before the first request. `by_the_model`: this model gave them earlier."""
        self._answers |= answers
        if by_the_model:
            skip_given(self._model, list(answers.values()))

    def complete(self, requests: Sequence[Request], keep: Keep) -> list[Completion]:
        """One completion for each request, in order.

        Raises:
            LanguageModelError: the model failed; the answers of the cache, and those that arrived, were given to `keep`.
        """
        if self._scope is not None:
            requests = [replace(request, scope=self._scope) for request in requests]
        keys = [request.key for request in requests]
        with self._lock:
            answers = [self._answers.get(key) for key in keys]
        batch = CompletionBatch(requests, keep, answers)
        missing = batch.missing

        def arrived(number: int, completion: Completion) -> None:
            position = missing[number]
            completion = replace(completion, request=keys[position])
            if self._scope is not None:
                with self._lock:
                    self._answers[keys[position]] = _again(completion)
            batch.add(position, completion)

        if missing:
            self._model.complete([requests[position] for position in missing], arrived)
        return batch.completions()


def _again(completion: Completion) -> Completion:
    return replace(completion, input_tokens=0, output_tokens=0, cost=0, seconds=0.0, faults=(), is_repeat=True)


class NoModel(Immediate):
    """The model of a replay. A request that reaches it was not recorded, and is an error."""

    def __init__(self, name: str, is_language_model: bool) -> None:
        self.name = name
        self.is_language_model = is_language_model

    def complete(self, requests: Sequence[Request], keep: Keep) -> list[Completion]:
        """An empty list for no requests.

        Raises:
            LanguageModelError: there is a request.
        """
        if requests:
            description = f"request {requests[0].sample} in {requests[0].scope or 'the run'}"
            raise LanguageModelError(f"{description} was not recorded: {requests[0].message!a:.200}")
        return []
