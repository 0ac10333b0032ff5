"""Prepared answers: a script for tests and demonstrations, or a recording of a run for others that ask the same.

Both are files of JSON lines. A line of a script (`scripted:FILE`) is a text, or an object with `text`; requests get
them in order, each once. The first line of a recording (`recorded:FILE`) names the model:
`{"recording": 1, "model": …, "is_language_model": …}`. Each other line is one answer: `request` (SHA-256 of expertise, message
and temperature), `scope` and `sample` (where it was asked, and the index among equal requests), `text`, `model`,
`finish_reason`, `input_tokens`, `output_tokens` and `cost` (dollars at that time; null where not known). A request gets the
answer of its own scope and sample, else the next unused answer to the same prompt. So a recording also serves a run with another
configuration that asks the same.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, TypeAlias

from strop.base.errors import ConfigurationError, LanguageModelError
from strop.base.from_json import from_json, read_json
from strop.base.later import dataclass
from strop.base.surface import option
from strop.lm.base import ANSWER, Completion, CompletionBatch, Immediate, Keep, Request, digest, numbers_of
from strop.lm.options import ModelSpec

_AnswerKey: TypeAlias = tuple[str | int, ...]
"""The requests that an answer is for: a prompt with its scope and sample, or a prompt alone; empty: any request."""


@dataclass(frozen=True)
class RecordedAnswer:
    """A line of a recording; see above."""

    request: str
    scope: str
    text: str
    model: str
    sample: int = 0
    finish_reason: str = "stop"


@dataclass(frozen=True)
class _Head:
    recording: Literal[1]
    is_language_model: bool


class Scripted(Immediate):
    """A language model with prepared answers.

    `answers` is one of

    - a sequence of texts: each is given once, in order; then the script is exhausted;
    - a sequence of recorded answers: each is given once, to the request that it belongs to or to one with the same prompt;
    - a function of the request.

    The requests of one call are answered in order and without another call in between, so two threads that share a
    sequence each get a contiguous part of it. Repeated answers cost nothing: no tokens are reported.
    """

    def __init__(
        self,
        answers: Sequence[str | RecordedAnswer] | Callable[[Request], str],
        *,
        name: str = "scripted",
        is_language_model: bool = False,
    ) -> None:
        """`is_language_model`: whether a language model gave these answers."""
        self.name = name
        self.is_language_model = is_language_model
        self._answers = answers
        self._lock = threading.Lock()
        self._used: set[int] = set()
        self._requests: list[Request] = []
        self._numbers: dict[_AnswerKey, deque[int]] = defaultdict(deque)
        """Key → numbers of its answers, in order; some are in `_used` already."""
        if isinstance(answers, Sequence):
            for number, answer in enumerate(answers):
                for key in _keys_of(answer):
                    self._numbers[key].append(number)

    @property
    def requests(self) -> tuple[Request, ...]:
        """Every request so far, answered or not, in the order of their arrival."""
        with self._lock:
            return tuple(self._requests)

    def complete(self, requests: Sequence[Request], keep: Keep) -> list[Completion]:
        """One completion for each request, in order.

        Raises:
            LanguageModelError: there is no answer to some request.
        """
        with self._lock:
            self._requests.extend(requests)
            completions = self._find(requests)
        batch = CompletionBatch(requests, keep, completions)
        if missing := batch.missing:
            excerpt = " ".join(requests[missing[0]].message.split())[:80]
            raise LanguageModelError(
                f"{self.name}: no response to {len(missing)} of {len(requests)} requests (the first: {excerpt!r}…): "
                f"{self._why_not}"
            )
        return batch.completions()

    def skip_given(self, completions: Sequence[Completion]) -> None:
        """Do not give these answers again, because the record of a resumed run has them."""
        with self._lock:
            self._used |= numbers_of(completions)

    def _find(self, requests: Sequence[Request]) -> list[Completion | None]:
        answers = self._answers
        if callable(answers):
            return [Completion(answers(request), self.name) for request in requests]
        completions: list[Completion | None] = [None] * len(requests)
        prompts = [digest(request.expertise, request.message, request.temperature) for request in requests]
        own = [(prompt, request.scope, request.sample) for prompt, request in zip(prompts, requests, strict=True)]
        # First the answers with a request's own scope and sample, so that no other request of the call takes them.
        for keys in (own, [(prompt,) for prompt in prompts], [()] * len(requests)):
            completions = [completion or self._next(key) for completion, key in zip(completions, keys, strict=True)]
        return completions

    def _next(self, key: _AnswerKey) -> Completion | None:
        """The first answer for a key that was not given yet."""
        assert not callable(self._answers)
        waiting = self._numbers.get(key)
        while waiting:
            number = waiting.popleft()
            if number not in self._used:
                self._used.add(number)
                answer = self._answers[number]
                if isinstance(answer, str):
                    return Completion(answer, self.name, parameters={ANSWER: number})
                return Completion(answer.text, answer.model, answer.finish_reason, parameters={ANSWER: number})
        return None

    @property
    def _why_not(self) -> str:
        if () in self._numbers or not self._numbers:
            return "the script is exhausted"
        return "the task, the improver, a budget or the seed differs from the recorded run"


def _keys_of(answer: str | RecordedAnswer) -> list[_AnswerKey]:
    if isinstance(answer, str):
        return [()]
    return [(answer.request, answer.scope, answer.sample), (answer.request,)]


def from_spec(spec: ModelSpec) -> Scripted:
    """The model `scripted:FILE` or `recorded:FILE`.

    Raises:
        ConfigurationError: no file is named, it cannot be read, or a line has another form; the message names the line.
    """
    is_recording = spec.text.startswith("recorded")
    if not spec.rest:
        what = ", from strop show RUN --responses: recorded" if is_recording else ", one JSON string per line: scripted"
        raise ConfigurationError(f"{option('model')} {spec.text.rstrip(':')} needs a file of responses{what}:FILE")
    return (read_recording if is_recording else read_script)(Path(spec.rest), name=spec.text)


def read_script(path: Path, *, name: str) -> Scripted:
    """A script from a file of JSON lines, each a string or an object with `text`; empty lines are skipped.

    Raises:
        ConfigurationError: the file cannot be read or a line is something else; the message names the line.
    """
    texts = []
    for where, line in _lines(path, name):
        try:
            value = read_json(line)
        except ValueError as error:
            raise ConfigurationError(f"{where} is not JSON: {error}") from error
        text = value.get("text") if isinstance(value, dict) else value
        if not isinstance(text, str):
            raise ConfigurationError(f'{where} must be a string or {{"text": …}}')
        texts.append(text)
    return Scripted(texts, name=name)


def read_recording(path: Path, *, name: str) -> Scripted:
    """The model of a recording.

    Raises:
        ConfigurationError: the file cannot be read, or a line has another form; the message names the line.
    """
    (_, first), *lines = _lines(path, name) or [("", "")]
    try:
        head = from_json(_Head, first)
    except ValueError as error:
        expected = head_line("MODEL", True)
        raise ConfigurationError(
            f"{name}: line 1 must be {expected}; strop show RUN --responses FILE writes a recording ({error})"
        ) from error
    answers = []
    for where, line in lines:
        try:
            answers.append(from_json(RecordedAnswer, line))
        except ValueError as error:
            raise ConfigurationError(f"{where}: {error}") from error
    return Scripted(answers, name=name, is_language_model=head.is_language_model)


def head_line(model: str, is_language_model: bool) -> str:
    """The first line of a recording."""
    return json.dumps({"recording": 1, "model": model, "is_language_model": is_language_model})


def answer_line(request: Request, completion: Completion) -> str:
    """The line of one answer. `completion.cost` is in billionths of a dollar, the line in dollars."""
    line = {
        "request": digest(request.expertise, request.message, request.temperature),
        "scope": request.scope,
        "sample": request.sample,
        "text": completion.text,
        "model": completion.model,
        "finish_reason": completion.finish_reason,
        "input_tokens": completion.input_tokens,
        "output_tokens": completion.output_tokens,
        "cost": None if completion.cost is None else completion.cost / 1e9,
    }
    return json.dumps(line)


def _lines(path: Path, name: str) -> list[tuple[str, str]]:
    """The lines of a file that are not empty, as (the line's name in messages, its text)."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{name}: cannot read the file of responses: {error}") from error
    return [(f"{name}: line {number}", line) for number, line in enumerate(lines, 1) if line.strip()]
