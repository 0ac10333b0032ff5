"""The answers of one call of `complete` as they arrive, and the base of models that wrap another one."""

from __future__ import annotations

from collections.abc import Sequence

from strop.base.errors import LanguageModelError
from strop.lm.base import Completion, Keep, LanguageModel, Request, dropped


class CompletionBatch:
    """The answers to the requests of one call of `complete`. Used by one thread."""

    def __init__(self, requests: Sequence[Request], keep: Keep = dropped) -> None:
        self.requests = requests
        self.answers: list[Completion | None] = [None] * len(requests)
        """The answer to each request, by position; None until it arrives."""
        self._keep = keep

    @property
    def missing(self) -> list[int]:
        """Positions of the requests that have no answer."""
        return [position for position, answer in enumerate(self.answers) if answer is None]

    def add(self, position: int, completion: Completion) -> None:
        """Store one answer, and give it to `keep`."""
        self.answers[position] = completion
        self._keep(position, completion)

    def completions(self) -> list[Completion]:
        """The answers, in order. None may be missing."""
        return [answer for answer in self.answers if answer is not None]

    def failure(self, why: str, faults: Sequence[object] = ()) -> LanguageModelError:
        """The error for requests without an answer."""
        return LanguageModelError(why, tuple(self.answers), tuple(faults))

    def unanswered(self) -> str:
        """`, 1 of 3 requests unanswered`, for the end of a message; empty if all are."""
        count, size = len(self.missing), len(self.answers)
        return f", {count} of {size} requests unanswered" if count < size else ""


ANSWER = "answer"
"""The parameter by which a model of prepared answers says which of them, from 0, a completion is."""


def given(model: LanguageModel, completions: Sequence[Completion]) -> None:
    """Tell a model of prepared answers which it gave earlier: the record of a resumed run has them."""
    told = getattr(model, "given", None)
    if told is not None:
        told(completions)


def numbers_of(completions: Sequence[Completion]) -> set[int]:
    """Which prepared answers these are."""
    numbers = (completion.parameters.get(ANSWER) for completion in completions)
    return {number for number in numbers if isinstance(number, int)}


class Immediate:
    """A model that answers at once: it has nothing to finish or close."""

    def finish(self) -> None:
        """Nothing is ever in flight."""

    def close(self) -> None:
        """Nothing to close."""


class Wrapper:
    """A model that wraps another one, under the same name."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self.name = model.name
        self.is_language_model = model.is_language_model

    def finish(self) -> None:
        """Finish the wrapped model. Idempotent."""
        self._model.finish()

    def close(self) -> None:
        """Close the wrapped model. Idempotent."""
        self._model.close()
