"""A stand-in with prepared answers: for tests, demonstrations and debugging an improver.

It is deterministic and needs no network. It ignores expertise, temperature and the rest of a request, unless its answers are a
function.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from strop.base.errors import ConfigurationError
from strop.base.from_json import read_json
from strop.lm.base import Completion, Keep, Request, dropped
from strop.lm.batch import ANSWER, CompletionBatch, Immediate, numbers_of
from strop.lm.options import ModelSpec


class Scripted(Immediate):
    """A language model with prepared answers.

    `answers` is one of

    - a sequence of texts: each is given once, in order; then the script is exhausted;
    - a mapping: the answer is the value of the first key that occurs in the message;
    - a function of the request.

    The requests of one call are answered in order and without another call in between, so two threads that share a
    sequence each get a contiguous part of it.
    """

    is_language_model = False

    def __init__(
        self, answers: Sequence[str] | Mapping[str, str] | Callable[[Request], str], *, name: str = "scripted"
    ) -> None:
        self._answers = answers
        self.name = name
        self._lock = threading.Lock()
        self._given: set[int] = set()
        self._first = 0
        """All answers before it are given."""
        self._requests: list[Request] = []

    @property
    def requests(self) -> tuple[Request, ...]:
        """Every request so far, answered or not, in the order of their arrival."""
        with self._lock:
            return tuple(self._requests)

    def complete(self, requests: Sequence[Request], keep: Keep = dropped) -> list[Completion]:
        """One completion for each request, in order.

        Raises:
            LanguageModelError: the script has no answer for some request.
        """
        with self._lock:
            self._requests.extend(requests)
            answers = [self._next(request) for request in requests]
        batch = CompletionBatch(requests, keep)
        for position, completion in enumerate(answers):
            if completion is not None:
                batch.add(position, completion)
        if batch.missing:
            raise batch.failure(self._why_not(len(batch.missing)))
        return batch.completions()

    def given(self, completions: Sequence[Completion]) -> None:
        """See `batch.given`."""
        with self._lock:
            self._given |= numbers_of(completions)

    def _next(self, request: Request) -> Completion | None:
        if callable(self._answers):
            return Completion(self._answers(request), self.name)
        if isinstance(self._answers, Mapping):
            texts = (text for key, text in self._answers.items() if key in request.message)
            return next((Completion(text, self.name) for text in texts), None)
        while self._first in self._given:
            self._first += 1
        if self._first >= len(self._answers):
            return None
        self._given.add(self._first)
        return Completion(self._answers[self._first], self.name, parameters={ANSWER: self._first})

    def _why_not(self, missing: int) -> str:
        if isinstance(self._answers, Mapping):
            return f"{self.name}: no key of the script occurs in the message of {missing} request(s)"
        assert not callable(self._answers)
        return f"{self.name}: the script is exhausted: {len(self._answers)} answer(s), {missing} more requested"


def from_spec(spec: ModelSpec) -> Scripted:
    """The model `scripted:FILE`.

    Raises:
        ConfigurationError: see `read_script`.
    """
    if not spec.rest:
        raise ConfigurationError("--model scripted needs a file of answers, one JSON string a line: scripted:FILE")
    return read_script(Path(spec.rest), name=spec.text)


def read_script(path: Path, *, name: str) -> Scripted:
    """A script from a file of JSON lines, each a string or an object with `text`; empty lines are skipped.

    Raises:
        ConfigurationError: the file cannot be read or a line is something else; the message names the line.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{name}: cannot read the script: {error}") from error
    answers = [_text_of(line, f"{name}: line {number}") for number, line in enumerate(lines, 1) if line.strip()]
    return Scripted(answers, name=name)


def _text_of(line: str, where: str) -> str:
    try:
        value = read_json(line)
    except ValueError as error:
        raise ConfigurationError(f"{where} is not JSON: {error}") from error
    text = value.get("text") if isinstance(value, dict) else value
    if not isinstance(text, str):
        raise ConfigurationError(f'{where} must be a string or {{"text": …}}')
    return text
