"""The language model *L*: the contract of every implementation, and what the implementations share."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from strop.base.events import LmFault, LmResponded, Recorder
from strop.base.later import dataclass
from strop.base.results import Fault as Fault
from strop.base.results import FaultKind as FaultKind
from strop.base.results import Response, fields_of

MOST_TOKENS = 100_000_000
"""More tokens than any server used for one request: a higher count is wrong."""
_SELF_IMPROVEMENT = re.compile(r"t\d{1,9}/improve")
"""The scope of a self-improvement (core.algorithm)."""


@dataclass(frozen=True)
class Request:
    """A request for one response. n responses to one prompt are n requests that differ in `sample`."""

    expertise: str
    """The system message (the paper's `expertise`, earlier `role`)."""
    message: str
    temperature: float = 0.7
    """0 and up; a model that clips it reports that in its completions."""
    scope: str = ""
    """The place in the run that asks. Requests of equal text in different scopes are different requests."""
    sample: int = 0
    """Index of this request among the equal requests of its scope, from 0."""

    @property
    def prompt(self) -> tuple[str, str, str]:
        """Texts and temperature, which equal requests share, whatever their scope. As text, a temperature of NaN is equal to
        itself."""
        return self.expertise, self.message, repr(self.temperature)

    @property
    def is_for_improver(self) -> bool:
        """Whether a self-improvement asks: the response is an improver, not a program of a task."""
        return _SELF_IMPROVEMENT.fullmatch(self.scope) is not None

    @property
    def prompt_bytes(self) -> int:
        """The length of both texts, in bytes of UTF-8."""
        return len((self.expertise + self.message).encode("utf-8", "replace"))

    @property
    def key(self) -> str:
        """64 hexadecimal digits, different for every request of a run."""
        return self.digest()

    def digest(self, *salt: str | int) -> str:
        """64 hexadecimal digits of the request and `salt`."""
        return digest(*salt, self.scope, self.expertise, self.message, self.temperature, self.sample)


def digest(*parts: str | float) -> str:
    """64 hexadecimal digits of any texts and numbers."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()  # ASCII: lone surrogates are escaped


@dataclass(frozen=True)
class Completion(Response):
    """One response of a language model, and what went wrong before it arrived."""

    faults: tuple[Fault, ...] = ()
    """Failed attempts before the response, and its defects."""


Keep: TypeAlias = Callable[[int, Completion], None]
"""Takes the position of a request and its completion, when that arrives, in the thread that called `complete`."""


def dropped(position: int, completion: Completion) -> None:
    """Discard a completion: for requests outside of a run, such as that of `strop doctor`."""


class LanguageModel(Protocol):
    """Answers requests, in parallel if possible. Safe to use from many threads."""

    @property
    def name(self) -> str:
        """The specification of the model, e.g. `openai/gpt-4o`."""

    @property
    def is_language_model(self) -> bool:
        """False for a stand-in; its results say so."""

    def complete(self, requests: Sequence[Request], keep: Keep) -> list[Completion]:
        """One completion for each request, in order; each is also given to `keep` once, when it arrives.

        Raises:
            LanguageModelError: some request was not answered after every retry. The other answers were given to `keep`.
        """

    def finish(self) -> None:
        """Send nothing more: answers on their way have some seconds to arrive, other requests fail. Idempotent."""

    def close(self) -> None:
        """Finish, and close connections. Idempotent."""


class CompletionBatch:
    """The answers to the requests of one call of `complete`. Used by one thread."""

    def __init__(self, requests: Sequence[Request], keep: Keep, earlier: Sequence[Completion | None] = ()) -> None:
        """`earlier`: answers that are there already, by position."""
        self.requests = requests
        self.answers: list[Completion | None] = [None] * len(requests)
        """The answer to each request, by position; None until it arrives."""
        self._keep = keep
        for position, completion in enumerate(earlier):
            if completion is not None:
                self.add(position, completion)

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

    def unanswered(self) -> str:
        """`, 1 of 3 requests unanswered`, for the end of a message; empty if all are."""
        count, size = len(self.missing), len(self.answers)
        return f", {count} of {size} requests unanswered" if count < size else ""


ANSWER = "answer"
"""The parameter of a completion with the number, from 0, of the prepared answer that it is."""


def skip_given(model: LanguageModel, completions: Sequence[Completion]) -> None:
    """Tell a model of prepared answers not to give these again: the record of a resumed run has them."""
    skip = getattr(model, "skip_given", None)
    if skip is not None:
        skip(completions)


def numbers_of(completions: Sequence[Completion]) -> set[int]:
    """The numbers of the prepared answers among these completions."""
    numbers = (completion.parameters.get(ANSWER) for completion in completions)
    return {number for number in numbers if isinstance(number, int)}


class Immediate:
    """A model that answers at once: it has nothing to finish or close."""

    def finish(self) -> None:
        """Do nothing: no request is ever in flight."""

    def close(self) -> None:
        """Do nothing: there is nothing to close."""


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


def encodable(text: str) -> str:
    """`text` with `?` for lone surrogates: JSON can hold them, but no file or database accepts them."""
    return text.encode("utf-8", "replace").decode()


def record_answer(record: Recorder, scope: str, call: int, index: int, completion: Completion) -> None:
    """Record one answer: the `index`-th of the LM call `call` in `scope`."""
    record_faults(record, scope, call, index, completion.faults)
    record(
        LmResponded(
            **fields_of(Response, completion) | {"reasoning": completion.reasoning or None},
            scope=scope,
            call=call,
            index=index,
        )
    )


def record_faults(record: Recorder, scope: str, call: int, index: int, faults: Sequence[Fault]) -> None:
    """Record faults on the way to an answer; `index` is -1 where there is no answer."""
    for fault in faults:
        record(LmFault(**fields_of(Fault, fault), scope=scope, call=call, index=index))
