"""From the bytes of a chat completion to `Completion`s: the one place where a server's JSON becomes types.

Unknown fields are ignored and optional ones may be missing or null, as compatible servers differ; nothing is guessed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from strop.lm.base import Completion, Fault


class Unreadable(ValueError):
    """The body holds no answer; the message says why."""


@dataclass(frozen=True)
class Choice:
    """One response of the server, as it came."""

    text: str
    finish_reason: str


@dataclass(frozen=True)
class Answer:
    """The readable part of one response body. There is at least one choice."""

    choices: tuple[Choice, ...]
    model: str
    input_tokens: int | None
    output_tokens: int | None


def read_answer(body: bytes) -> Answer:
    """The answer in a response body.

    Raises:
        Unreadable: empty, not JSON, or without a single choice.
    """
    if not body.strip():
        raise Unreadable("the body is empty")
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not JSON ({type(error).__name__})") from None
    choices = value.get("choices") if isinstance(value, dict) else None
    if not isinstance(choices, list) or not choices:
        raise Unreadable("it has no choices")
    usage = value.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    model = value.get("model")
    return Answer(
        choices=tuple(_choice(choice) for choice in choices),
        model=_valid(model) if isinstance(model, str) else "",
        input_tokens=_count(usage.get("prompt_tokens")),
        output_tokens=_count(usage.get("completion_tokens")),
    )


def completions_of(
    answer: Answer, *, asked: int, seconds: float, attempt: int, largest_bytes: int, before: tuple[Fault, ...]
) -> list[Completion]:
    """The completions of the first `asked` choices. The first one carries the faults from `before` and the whole usage:
    the others report 0 tokens, so that sums are what the server says and no token counts twice."""
    completions = []
    for position, choice in enumerate(answer.choices[:asked]):
        text, faults = _within(choice, largest_bytes, attempt)
        completions.append(
            Completion(
                text=text,
                model=answer.model,
                finish_reason=choice.finish_reason,
                input_tokens=answer.input_tokens if position == 0 else _none_of(answer.input_tokens),
                output_tokens=answer.output_tokens if position == 0 else _none_of(answer.output_tokens),
                seconds=seconds,
                faults=(before if position == 0 else ()) + faults,
            )
        )
    return completions


def _within(choice: Choice, largest_bytes: int, attempt: int) -> tuple[str, tuple[Fault, ...]]:
    """The text cut to the limit, and what is to be said about it. Nothing here is worth a retry: the answer was paid."""
    faults = []
    text = choice.text
    if choice.finish_reason == "length":
        faults.append(Fault("truncated", "the server stopped at its token limit", attempt))
    if not text:
        faults.append(
            Fault("empty", f"empty answer (finish reason {choice.finish_reason or 'not given'}), kept", attempt)
        )
    if len(text) * 4 > largest_bytes and (size := len(data := text.encode())) > largest_bytes:
        text = data[:largest_bytes].decode("utf-8", "ignore")
        faults.append(Fault("oversized", f"an answer of {size} bytes was cut to {len(text.encode())}", attempt))
    return text, tuple(faults)


def _choice(value: Any) -> Choice:
    message = value.get("message") if isinstance(value, dict) else None
    if not isinstance(message, dict):
        raise Unreadable("a choice has no message")
    reason = value.get("finish_reason")
    return Choice(_text(message.get("content")), reason if isinstance(reason, str) else "")


def _text(content: Any) -> str:
    """Plain text, or the texts of a list of parts; null is an empty answer."""
    if content is None:
        return ""
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        return _valid("".join(part for part in parts if isinstance(part, str)))
    if not isinstance(content, str):
        raise Unreadable(f"the content is of type {type(content).__name__}")
    return _valid(content)


def _valid(text: str) -> str:
    """JSON can smuggle in lone surrogates, which no file and no database takes."""
    return text.encode("utf-8", "replace").decode()


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _none_of(total: int | None) -> int | None:
    return None if total is None else 0
