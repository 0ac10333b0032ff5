"""From the bytes of a chat completion to `Completion`s: the one place where a server's JSON becomes types.

Unknown fields are ignored and optional ones may be missing or null, as compatible servers differ; nothing is guessed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from strop.lm.base import Completion, Fault
from strop.lm.reasoning import split_thoughts

_HIDDEN_TOKENS = 100_000
"""What a server may add to a prompt by itself, or think beyond a limit, at most; more is a mistake."""
_MOST_TOKENS = 100_000_000


class Unreadable(ValueError):
    """The body holds no answer; the message says why."""


@dataclass(frozen=True)
class Choice:
    """One response of the server, as it came."""

    text: str
    finish_reason: str
    reasoning: str = ""
    """What came before the text, where the server or the model marks it."""


@dataclass(frozen=True)
class Asked:
    """What an answer is held against: usage that cannot be right is not believed."""

    n: int = 1
    prompt_bytes: int = 1 << 20
    max_tokens: int | None = None


@dataclass(frozen=True)
class Answer:
    """The readable part of one response body. There is at least one choice."""

    choices: tuple[Choice, ...]
    model: str
    input_tokens: int | None
    output_tokens: int | None
    doubts: tuple[str, ...] = ()
    """What the server says of its usage and cannot be right; the numbers are then None."""


def read_answer(body: bytes, asked: Asked | None = None) -> Answer:
    """The answer in a response body.

    Raises:
        Unreadable: empty, not JSON, or without a single choice.
    """
    if not body.strip():
        raise Unreadable("the body is empty")
    try:
        value: Any = json.loads(body, parse_int=_number)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not JSON ({type(error).__name__})") from None
    choices = value.get("choices") if isinstance(value, dict) else None
    if not isinstance(choices, list) or not choices:
        raise Unreadable("it has no choices")
    model = value.get("model")
    read = tuple(_choice(choice) for choice in choices)
    tokens, doubts = _usage(value.get("usage"), asked or Asked(), any(choice.text for choice in read))
    return Answer(read, _valid(model) if isinstance(model, str) else "", *tokens, doubts)


def completions_of(
    answer: Answer, *, asked: int, seconds: float, attempt: int, largest_bytes: int, before: tuple[Fault, ...]
) -> list[Completion]:
    """The completions of the first `asked` choices. The first one carries the faults from `before` and the whole usage:
    the others report 0 tokens, so that sums are what the server says and no token counts twice."""
    completions = []
    for position, choice in enumerate(answer.choices[:asked]):
        text, faults = _within(choice, largest_bytes, attempt)
        if position == 0:
            faults = (*faults, *(Fault("usage", doubt, attempt) for doubt in answer.doubts))
        completions.append(
            Completion(
                text=text,
                reasoning=_cut(choice.reasoning, largest_bytes),
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
        what = "empty answer after reasoning" if choice.reasoning else "empty answer"
        faults.append(Fault("empty", f"{what} (finish reason {choice.finish_reason or 'not given'}), kept", attempt))
    cut = _cut(text, largest_bytes)
    if cut != text:
        sizes = f"of {len(text.encode())} bytes was cut to {len(cut.encode())}"
        faults.append(Fault("oversized", f"an answer {sizes}", attempt))
    return cut, tuple(faults)


def _cut(text: str, largest_bytes: int) -> str:
    if len(text) * 4 <= largest_bytes:
        return text
    return text.encode()[:largest_bytes].decode("utf-8", "ignore")


def _choice(value: Any) -> Choice:
    message = value.get("message") if isinstance(value, dict) else None
    if not isinstance(message, dict):
        raise Unreadable("a choice has no message")
    given = value.get("finish_reason")
    reason = _valid(given) if isinstance(given, str) else ""
    thoughts = (message.get("reasoning_content"), message.get("reasoning"))
    told = next((_valid(thought) for thought in thoughts if isinstance(thought, str) and thought), "")
    marked, text = split_thoughts(_text(message.get("content")), reason)
    return Choice(text, reason, "\n".join(part for part in (told, marked) if part))


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


def _usage(usage: Any, asked: Asked, spoke: bool) -> tuple[tuple[int | None, int | None], tuple[str, ...]]:
    """(tokens in, tokens out), and why one of them is None although the server says something."""
    if usage is None:
        return (None, None), ()
    if not isinstance(usage, dict):
        return (None, None), ("the server's usage is no object: its tokens are not known",)
    most_in = asked.prompt_bytes + _HIDDEN_TOKENS
    most_out = _MOST_TOKENS if asked.max_tokens is None else 4 * asked.n * asked.max_tokens + _HIDDEN_TOKENS
    inputs, outputs = usage.get("prompt_tokens"), usage.get("completion_tokens")
    total = usage.get("total_tokens")
    doubts = []
    if inputs is not None and not _is_count(inputs, 1, most_in):
        doubts.append(f"prompt_tokens cannot be {_shown(inputs)}")
        inputs = None
    if outputs is not None and not _is_count(outputs, 1 if spoke else 0, most_out):
        doubts.append(f"completion_tokens cannot be {_shown(outputs)}")
        outputs = None
    if inputs is not None and outputs is not None and _is_count(total, inputs + outputs, inputs + most_out):
        outputs = total - inputs  # some servers count what was thought in the total only
    return (inputs, outputs), tuple(f"{doubt}: not believed" for doubt in doubts)


def _number(digits: str) -> int | float:
    """Python reads no integer of thousands of digits; an answer should not be lost for one in its usage."""
    return int(digits) if len(digits) < 40 else float(digits)


def _is_count(value: Any, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, (int, float, str)) and len(str(value)[:41]) <= 40 else type(value).__name__
    return " ".join(_valid(text).split())


def _none_of(total: int | None) -> int | None:
    return None if total is None else 0
