"""What went wrong with one HTTP request, and what to do about it: the SDK's exceptions become data here, and only here.

It does not wait, send or remember anything (`openai.py` does).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import Enum
from typing import Literal, TypeAlias

import openai

from strop.lm.endpoints import Endpoint
from strop.lm.patience import retry_after_seconds

FaultKind: TypeAlias = Literal[
    "rate_limited", "server_error", "connection", "timeout", "bad_response", "truncated", "empty", "oversized"
]


class Remedy(Enum):
    """What to do after a request has failed."""

    RETRY = "send it again after a wait"
    ASK_SINGLY = "the server does not take `n`: ask for the responses one by one"
    DROP_TEMPERATURE = "the server does not take the temperature: send it again without"
    ANSWER_EMPTY = "this prompt cannot be answered, others can: an empty completion that says why"
    GIVE_UP = "sending it again cannot help"


@dataclass(frozen=True)
class Trouble:
    """A failed HTTP request."""

    kind: FaultKind
    detail: str
    """One line without keys, at most 400 characters."""
    remedy: Remedy
    retry_after: float | None = None
    """Seconds that the server asks to wait."""


@dataclass(frozen=True)
class Sent:
    """The optional parts of the request that failed; a server may reject either."""

    n: int
    temperature: float | None


_RETRIED = frozenset({408, 409, 425, 429})
_LONGEST_DETAIL = 400
_PROMPT_TOO_LONG = re.compile(
    r"context[ _](length|size|window)|maximum context|prompt is too long|too many (input )?tokens|string_above_max",
    re.I,
)
_FILTERED = re.compile(r"content[ _](filter|policy|management)|invalid_prompt", re.I)
_ABOUT_N = re.compile(r"\bn\b|\bn_cmpl\b|\bbest_of\b|\bchoices?\b|(number of|multiple) completions", re.I)
_ABOUT_TEMPERATURE = re.compile(r"\btemperature\b", re.I)


def classify(error: openai.APIError, sent: Sent, place: Endpoint, *, now: float) -> Trouble:
    """The trouble that an exception of the SDK stands for. `now`, in seconds of the epoch, is for dates in Retry-After."""
    match error:
        case openai.APITimeoutError():
            return Trouble("timeout", _line("no answer in time", error.__cause__, place), Remedy.RETRY)
        case openai.APIConnectionError():
            return Trouble("connection", _line("connection failed", error.__cause__, place), Remedy.RETRY)
        case openai.APIStatusError():
            return _of_status(error, sent, place, now)
        case _:
            return bad_body(type(error).__name__, place)


def bad_body(why: str, place: Endpoint) -> Trouble:
    """A response of status 200 from which no answer can be read. Sent again: there is nothing to keep of it."""
    return Trouble("bad_response", _one_line(f"unreadable answer: {why}", place), Remedy.RETRY)


def _of_status(error: openai.APIStatusError, sent: Sent, place: Endpoint, now: float) -> Trouble:
    status, said = error.status_code, _said(error)
    detail = _one_line(f"HTTP {status}: {said}" if said else f"HTTP {status}", place)
    if status in {400, 413, 422}:
        return Trouble("bad_response", detail, _remedy_of_rejection(status, f"{error.code} {error.param} {said}", sent))
    if status == 429 and "insufficient_quota" in {error.code, error.type}:
        return Trouble("rate_limited", detail, Remedy.GIVE_UP)
    if status in _RETRIED or status >= 500:
        kind: FaultKind = {429: "rate_limited", 408: "timeout"}.get(status, "server_error")  # type: ignore[assignment]
        return Trouble(kind, detail, Remedy.RETRY, retry_after_seconds(error.response.headers, now))
    if status == 401:  # the body is left out: OpenAI's shows the ends of the key
        key = (
            f"the key in {place.key_variable} is refused" if place.key else f"a key is needed: set {place.key_variable}"
        )
        return Trouble("bad_response", f"{key} (HTTP 401)", Remedy.GIVE_UP)
    if status == 404:
        hint = f"no model {place.model!r} there, or the base URL lacks its /v1"
        return Trouble("bad_response", _one_line(f"{hint} ({detail})", place), Remedy.GIVE_UP)
    return Trouble("bad_response", detail, Remedy.GIVE_UP)


def _remedy_of_rejection(status: int, said: str, sent: Sent) -> Remedy:
    """A rejected request was not answered and not paid; the order matters, as messages on length mention completions too."""
    if status == 413 or _PROMPT_TOO_LONG.search(said) or _FILTERED.search(said):
        return Remedy.ANSWER_EMPTY
    if sent.temperature is not None and _ABOUT_TEMPERATURE.search(said):
        return Remedy.DROP_TEMPERATURE
    if sent.n > 1 and _ABOUT_N.search(said):
        return Remedy.ASK_SINGLY
    return Remedy.GIVE_UP


def _said(error: openai.APIStatusError) -> str:
    """What the body says, in the forms that servers use: OpenAI, llama.cpp and ollama, vLLM, FastAPI, plain text."""
    body = error.body
    if isinstance(body, dict):
        told = body.get("message") or body.get("detail") or body
        return told if isinstance(told, str) else json.dumps(told, default=str)
    return body if isinstance(body, str) else ""


def _line(what: str, cause: BaseException | None, place: Endpoint) -> str:
    reason = f"{type(cause).__name__}: {cause}" if cause is not None else ""
    return _one_line(f"{what}: {reason}" if reason else what, place)


def _one_line(text: str, place: Endpoint) -> str:
    line = " ".join(place.hide_key(text).split())
    return line if len(line) <= _LONGEST_DETAIL else f"{line[: _LONGEST_DETAIL - 1]}…"
