"""The ways in which a language model's server can misbehave, as words: one notation for tests and for the command line.

A fault is a word, with a number behind a colon where it takes one: `429:0.5`, `slow:2`, `huge`. This file knows what a
fault means for a response; it serves nothing (`openai_server.py` does).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

WORDS = {
    "ok": "no fault",
    "<status>[:s]": "an HTTP error such as 429 or 500, with Retry-After of s seconds where s is given",
    "drop": "the connection is closed before any byte of an answer",
    "cut": "the connection is closed in the middle of the answer's body",
    "malformed": "status 200 and a body that is not JSON",
    "no-choices": "status 200 and an empty list of choices",
    "no-code": "an answer of prose, without a program",
    "empty": "an answer whose content is null",
    "long": "an answer that stopped at the token limit (finish reason `length`)",
    "huge[:c]": "an answer padded to c characters (default 5000000)",
    "slow[:s]": "the answer comes after s seconds (default 2)",
    "ignore-n": "one choice, however many were asked for",
    "reject-n": "HTTP 400 for n above 1",
    "reject-temperature": "HTTP 400 where a temperature is sent",
    "too-long": "HTTP 400: the prompt exceeds the context length",
    "echo-key": "HTTP 500 with the caller's own key in the message",
}
"""Every word and what it does."""

PROSE = "I would try simulated annealing with a slower schedule, and restart it a few times."
_HUGE_CHARACTERS = 5_000_000
_SLOW_SECONDS = 2.0
_NUMBERED = {"huge": float(_HUGE_CHARACTERS), "slow": _SLOW_SECONDS}


@dataclass(frozen=True)
class ServerFault:
    """One parsed word."""

    word: str
    number: float | None = None

    @property
    def status(self) -> int | None:
        """The HTTP status, where the word is one."""
        return int(self.word) if self.word.isdecimal() else None


def parse_fault(text: str) -> ServerFault:
    """The fault that `text` names.

    Raises:
        ValueError: no such word, or a number where none belongs.
    """
    word, colon, number = text.strip().partition(":")
    known = {key.partition("[")[0] for key in WORDS}
    is_status = word.isdecimal() and 400 <= int(word) <= 599
    if not is_status and word not in known:
        raise ValueError(f"no fault {word!r}; known: {', '.join(WORDS)}")
    if colon and not (is_status or word in _NUMBERED):
        raise ValueError(f"{word} takes no number")
    return ServerFault(word, float(number) if colon else _NUMBERED.get(word))


def rejection(fault: ServerFault, body: dict[str, Any], key: str) -> tuple[int, dict[str, Any]] | None:
    """Status and body with which the fault rejects a request; None where it does not."""
    if fault.status is not None:
        return fault.status, _error(f"injected status {fault.status}")
    match fault.word:
        case "reject-n" if body.get("n", 1) > 1:
            return 400, _error("'n' : number must be at most 1", param="n")
        case "reject-temperature" if "temperature" in body:
            return 400, _error("Unsupported value: 'temperature' does not support this value", param="temperature")
        case "too-long":
            return 400, _error("maximum context length is 4096 tokens", code="context_length_exceeded")
        case "echo-key":
            return 500, _error(f"unexpected header: {key}")
    return None


def choices_given(fault: ServerFault, asked: int) -> int:
    """How many of the `asked` choices the server gives."""
    return {"no-choices": 0, "ignore-n": min(asked, 1)}.get(fault.word, asked)


def spoiled(fault: ServerFault, text: str) -> dict[str, Any]:
    """A choice (message and finish reason) for the answer `text`, with the fault in it."""
    content: str | None = text
    match fault.word:
        case "empty":
            content = None
        case "no-code":
            content = PROSE
        case "huge":
            content = text + "\n" + "#" * max(int(fault.number or 0) - len(text) - 1, 0)
    reason = "length" if fault.word == "long" else "stop"
    return {"message": {"role": "assistant", "content": content}, "finish_reason": reason}


def encoded(fault: ServerFault, body: dict[str, Any]) -> bytes:
    """The bytes of a response body."""
    data = json.dumps(body).encode()
    return data[: len(data) // 2] if fault.word == "malformed" else data


def _error(message: str, *, code: str | None = None, param: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "code": code, "param": param}}
