"""The ways in which a language model's server can misbehave, as words: one notation for tests and for the command line.

A fault is a word, with a number behind a colon where it takes one: `429:0.5`, `slow:2`, `bomb`. This file knows what a
fault means for a response; it serves nothing (`openai_server.py` does).
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import Any

WORDS = {
    "ok": "no fault",
    "<status> <body>": "that status, and exactly that body",
    "HTTP/<bytes>": "exactly these bytes, in Latin-1, then the connection is closed",
    "<status>[:s]": "an HTTP error such as 429, 500 or 529, with Retry-After of s seconds where s is given",
    "drop": "the connection is closed before any byte of an answer",
    "cut": "the connection is closed in the middle of the answer's body",
    "half-close": "the server ends its side in the middle of the body and goes on listening",
    "leave": "a whole answer, then the connection is closed although it was to be kept",
    "stall[:s]": "silence of s seconds (default 3600) in the middle of the body, then the rest",
    "drip[:s]": "the body comes in small pieces over s seconds (default 3600)",
    "drip-head[:s]": "the same of the headers",
    "endless": "a body that never ends",
    "blanks": "a body of nothing but blanks, one every 20 ms",
    "comments": "a stream of nothing but comments, one every 20 ms",
    "bomb": "a body of ten megabytes compressed by gzip, which was not asked for",
    "malformed": "status 200 and a body that is not JSON",
    "no-choices": "status 200 and an empty list of choices",
    "no-usage": "no token counts",
    "empty": "an answer whose content is null",
    "long": "an answer that stopped at the token limit (finish reason `length`)",
    "think": "reasoning before the answer, in the content",
    "reasoning": "reasoning beside the answer, in a field of its own",
    "slow[:s]": "the answer comes after s seconds (default 2)",
    "cut-prompt": "a usage that counts a twelfth of the prompt's characters as tokens",
    "full-context": "an answer that stopped after a few tokens, for want of room (finish reason `length`)",
    "ignore-n": "one choice, however many were asked for",
    "reject-n": "HTTP 400 for n above 1",
    "reject-temperature": "HTTP 400 where a temperature is sent",
    "reject-seed": "HTTP 400 where a seed is sent",
    "reject-max-tokens": "HTTP 400 where `max_tokens` is sent: it wants `max_completion_tokens`",
    "reject-limits": "HTTP 400 for any limit of tokens",
    "few-tokens[:m]": "HTTP 400 where more than m tokens (default 1000) are asked for",
    "small-context": "HTTP 400 where prompt and answer together may exceed 4096 tokens",
    "reject-system": "HTTP 400 where there is a system message, as Google says it of some models",
    "alternate": "the same in the words of the templates of many open models, with HTTP 500",
    "only-stream": "HTTP 400 where no stream is asked for, else a stream of events",
    "too-long": "HTTP 400: the prompt exceeds the context length",
    "echo-key": "HTTP 500 with the caller's own key in the message",
}
"""Every word and what it does."""

THOUGHT = "Let me think. ```python\nnot this\n```"
CONTEXT_TOKENS = 4096
_NUMBERED = {"slow": 2.0, "stall": 3600.0, "drip": 3600.0, "drip-head": 3600.0, "few-tokens": 1000.0}


@dataclass(frozen=True)
class ServerFault:
    """One parsed word."""

    word: str
    number: float | None = None
    body: str | None = None

    @property
    def status(self) -> int | None:
        """The HTTP status, where the word is one."""
        return int(self.word) if self.word.isdecimal() else None


def parse_fault(text: str) -> ServerFault:
    """The fault that `text` names.

    Raises:
        ValueError: no such word, or a number where none belongs.
    """
    if text.startswith("HTTP/"):
        return ServerFault("bytes", body=text)
    if text[:3].isdecimal() and text[3:4] == " ":
        return ServerFault(text[:3], body=text[4:])
    word, colon, number = text.strip().partition(":")
    words = {key.partition("[")[0] for key in WORDS}
    is_status = word.isdecimal() and 400 <= int(word) <= 599
    if not is_status and word not in words:
        raise ValueError(f"no fault {word!r}; known: {', '.join(WORDS)}")
    if colon and not (is_status or word in _NUMBERED):
        raise ValueError(f"{word} takes no number")
    return ServerFault(word, float(number) if colon else _NUMBERED.get(word))


def rejection(fault: ServerFault, body: dict[str, Any], key: str) -> tuple[int, dict[str, Any]] | None:
    """Status and body with which the fault rejects a request; None where it does not."""
    if fault.status is not None:
        return fault.status, _error(f"injected status {fault.status}")
    asked = body.get("max_completion_tokens", body.get("max_tokens"))
    match fault.word:
        case "reject-n" if body.get("n", 1) > 1:
            return 400, _error("'n' : number must be at most 1", param="n")
        case "reject-temperature" if "temperature" in body:
            return 400, _error("Unsupported value: 'temperature' does not support this value", param="temperature")
        case "reject-seed" if "seed" in body:
            return 400, _error("Unrecognized request argument supplied: seed")
        case "reject-max-tokens" if "max_tokens" in body:
            problem = "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."
            return 400, _error(problem, param="max_tokens")
        case "reject-limits" if asked is not None:
            name = "max_tokens" if "max_tokens" in body else "max_completion_tokens"
            return 400, _error(f"Unknown parameter: '{name}'.", param=name)
        case "few-tokens" if asked is not None and asked > (fault.number or 0):
            return 400, _error(
                f"max_tokens is too large: {asked}. This model supports at most {fault.number:.0f} completion tokens."
            )
        case "small-context" if asked is not None and asked + prompt_tokens(body) > CONTEXT_TOKENS:
            problem = f"{asked} > {CONTEXT_TOKENS} - {prompt_tokens(body)}"
            return 400, _error(
                f"max_tokens is too large: the maximum context length is {CONTEXT_TOKENS} tokens ({problem})"
            )
        case "reject-system" if body["messages"][0]["role"] == "system":
            return 400, _error("Developer instruction is not enabled for models/gemma-3-27b-it")
        case "alternate" if body["messages"][0]["role"] == "system":
            return 500, _error("Conversation roles must alternate user/assistant/user/assistant/...")
        case "only-stream" if not body.get("stream"):
            return 400, _error("This model only supports streaming. Please set stream=true.")
        case "too-long":
            return 400, _error("maximum context length is 4096 tokens", code="context_length_exceeded")
        case "echo-key":
            return 500, _error(f"unexpected header: {key}")
    return None


def prompt_tokens(body: dict[str, Any]) -> int:
    """What the server calls the tokens of a prompt: a quarter of its characters."""
    return max(sum(len(message["content"]) for message in body["messages"]) // 4, 1)


def usage_told(fault: ServerFault, inputs: int, outputs: int) -> dict[str, int] | None:
    """What a body says of its usage; None for nothing."""
    if fault.word == "no-usage":
        return None
    inputs = max(inputs // 3, 1) if fault.word == "cut-prompt" else inputs
    return {"prompt_tokens": inputs, "completion_tokens": outputs, "total_tokens": inputs + outputs}


def choices_given(fault: ServerFault, asked: int) -> int:
    """How many of the `asked` choices the server gives."""
    return {"no-choices": 0, "ignore-n": min(asked, 1)}.get(fault.word, asked)


def spoiled(fault: ServerFault, text: str) -> dict[str, Any]:
    """A choice (message and finish reason) for the answer `text`, with the fault in it."""
    content = {"empty": None, "think": f"<think>\n{THOUGHT}\n</think>\n\n{text}"}.get(fault.word, text)
    reason = "length" if fault.word in {"long", "full-context"} else "stop"
    message = {"role": "assistant", "content": content}
    if fault.word == "reasoning":
        message["reasoning_content"] = THOUGHT
    return {"message": message, "finish_reason": reason}


def encoded(fault: ServerFault, body: dict[str, Any]) -> bytes:
    """The bytes of a response body."""
    data = json.dumps(body).encode()
    if fault.word == "bomb":
        return gzip.compress(data + b" " * 10**7)
    if fault.word == "only-stream":
        events = [{"choices": [{**choice, "delta": choice["message"], "message": None}]} for choice in body["choices"]]
        lines = [*map(json.dumps, [*events, {"choices": [], "usage": body["usage"]}]), "[DONE]"]
        return "".join(f"data: {line}\n\n" for line in lines).encode()
    return data[: len(data) // 2] if fault.word == "malformed" else data


def _error(message: str, *, code: str | None = None, param: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "code": code, "param": param}}
