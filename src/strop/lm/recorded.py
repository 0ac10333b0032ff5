"""Answers from a recording: a file with the answers of a run, for other runs that ask the same (`--model recorded:FILE`).

A recording is JSON lines. The first names the model: `{"recording": 1, "model": …, "is_language_model": …}`. Each other line is
one answer: `request` (SHA-256 of expertise, message and temperature), `scope` and `sample` (where it was asked, and the index
among equal requests), `text`, `model`, `input_tokens`, `output_tokens` and `cost` (dollars at that time; null where not known).

A request gets the answer of its own scope and sample, else the next unused answer to the same prompt. So a recording also serves
a run with another configuration that asks the same.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from strop.base.errors import ConfigurationError
from strop.base.from_json import read_json
from strop.lm.base import Completion, Keep, Request, dropped
from strop.lm.batch import ANSWER, CompletionBatch, Immediate, numbers_of
from strop.lm.options import ModelSpec

VERSION = 1


def digest_of_request(request: Request) -> str:
    """64 hexadecimal digits of the prompt, equal in every scope."""
    parts = [request.expertise, request.message, request.temperature]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True)
class RecordedAnswer:
    """One line of a recording."""

    request: str
    scope: str
    sample: int
    completion: Completion


class RecordedAnswers(Immediate):
    """A language model that gives each answer of a recording once."""

    def __init__(self, answers: Sequence[RecordedAnswer], *, name: str, is_language_model: bool) -> None:
        self.name = name
        self.is_language_model = is_language_model
        self._lock = threading.Lock()
        self._placed: dict[tuple[str, str, int], deque[int]] = defaultdict(deque)
        self._equal: dict[str, deque[int]] = defaultdict(deque)
        self._answers = [
            replace(answer.completion, parameters={ANSWER: number}) for number, answer in enumerate(answers)
        ]
        self._given: set[int] = set()
        for number, answer in enumerate(answers):
            self._placed[answer.request, answer.scope, answer.sample].append(number)
            self._equal[answer.request].append(number)

    def complete(self, requests: Sequence[Request], keep: Keep = dropped) -> list[Completion]:
        """One completion for each request, in order.

        Raises:
            LanguageModelError: the recording has no answer to some request.
        """
        batch = CompletionBatch(requests, keep)
        with self._lock:
            answers = self._answers_to(requests)
        for position, completion in enumerate(answers):
            if completion is not None:
                batch.add(position, completion)
        if missing := batch.missing:
            words = " ".join(requests[missing[0]].message.split())[:80]
            raise batch.failure(
                f"{self.name} has no answer to {len(missing)} of {len(requests)} requests (the first: {words!r}…): "
                "the task, the improver, a budget or the seed differs from the recorded run"
            )
        return batch.completions()

    def given(self, completions: Sequence[Completion]) -> None:
        """See `batch.given`."""
        with self._lock:
            self._given |= numbers_of(completions)

    def _answers_to(self, requests: Sequence[Request]) -> list[Completion | None]:
        """First answers of the same scope and sample, so that no other request of the call takes them."""
        digests = [digest_of_request(request) for request in requests]
        placed = [
            self._next(self._placed.get((digest, request.scope, request.sample)))
            for request, digest in zip(requests, digests, strict=True)
        ]
        return [
            self._next(self._equal.get(digest)) if completion is None else completion
            for completion, digest in zip(placed, digests, strict=True)
        ]

    def _next(self, waiting: deque[int] | None) -> Completion | None:
        while waiting:
            number = waiting.popleft()
            if number not in self._given:
                self._given.add(number)
                return self._answers[number]
        return None


def head_line(model: str, is_language_model: bool) -> str:
    """The first line of a recording."""
    return json.dumps({"recording": VERSION, "model": model, "is_language_model": is_language_model})


def answer_line(request: Request, completion: Completion) -> str:
    """The line of one answer. `completion.cost` is in billionths of a dollar, the line in dollars."""
    line = {
        "request": digest_of_request(request),
        "scope": request.scope,
        "sample": request.sample,
        "text": completion.text,
        "model": completion.model,
        "input_tokens": completion.input_tokens,
        "output_tokens": completion.output_tokens,
        "cost": None if completion.cost is None else completion.cost / 1e9,
    }
    return json.dumps(line)


def from_spec(spec: ModelSpec) -> RecordedAnswers:
    """The model `recorded:FILE`.

    Raises:
        ConfigurationError: see `read_recording`.
    """
    if not spec.rest:
        raise ConfigurationError(
            "--model recorded needs a file of answers, as strop show RUN --answers writes: recorded:FILE"
        )
    return read_recording(Path(spec.rest), name=spec.text)


def read_recording(path: Path, *, name: str) -> RecordedAnswers:
    """The model of a recording.

    Raises:
        ConfigurationError: the file cannot be read, or a line has another form; the message names the line.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{name}: cannot read the recording: {error}") from error
    head = _object(lines[0] if lines else "", f"{name}: line 1")
    if head.get("recording") != VERSION or not isinstance(head.get("is_language_model"), bool):
        raise ConfigurationError(
            f"{name}: line 1 must be {head_line('MODEL', True)}; strop show RUN --answers FILE writes a recording"
        )
    answers = [
        _answer(_object(line, f"{name}: line {number}"), f"{name}: line {number}")
        for number, line in enumerate(lines[1:], 2)
        if line.strip()
    ]
    return RecordedAnswers(answers, name=name, is_language_model=head["is_language_model"])


def _object(line: str, where: str) -> Mapping[str, Any]:
    try:
        value = read_json(line)
    except ValueError as error:
        raise ConfigurationError(f"{where} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ConfigurationError(f"{where} is not a JSON object")
    return value


def _answer(value: Mapping[str, Any], where: str) -> RecordedAnswer:
    texts = [value.get(name) for name in ("request", "scope", "text", "model")]
    if not all(isinstance(text, str) for text in texts):
        raise ConfigurationError(f"{where} needs the texts request, scope, text and model")
    counts = [value.get(name) for name in ("sample", "input_tokens", "output_tokens")]
    for count in counts:
        if count is not None and (not isinstance(count, int) or isinstance(count, bool) or count < 0):
            raise ConfigurationError(f"{where}: {count!r} is not a count")
    request, scope, text, model = map(str, texts)
    # Without tokens and cost: a repeated answer costs nothing.
    completion = Completion(text, model)
    return RecordedAnswer(request, scope, counts[0] or 0, completion)
