"""What went wrong with one HTTP request, and what to do about it: the SDK's exceptions become data here, and only here.

It does not wait, send or remember anything (`openai.py` does).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

import openai

from strop.lm.base import FaultKind
from strop.lm.endpoints import Endpoint
from strop.lm.openai_terms import LEAST_TOKENS, Sent
from strop.lm.rate_limit import Allowance, allowances
from strop.lm.retry_policy import retry_after_seconds


class Remedy(Enum):
    """What to do after a request has failed."""

    RETRY = "send it again after a wait"
    ASK_SINGLY = "the server does not take `n`: ask for the responses one by one"
    DROP_TEMPERATURE = "the server does not take the temperature: send it again without"
    DROP_SEED = "the server does not take the seed: send it again without"
    OTHER_TOKENS_NAME = "the server knows the limit of tokens by another name, or by none"
    FEWER_TOKENS = "the server has not so many tokens for an answer: ask for fewer"
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
    maybe_billed: bool = False
    """It broke after the request was sent, without a readable answer: the server may charge for it."""
    busy: bool = False
    """The server has too much to do: fewer requests should be in flight."""
    allowances: Mapping[str, Allowance] = field(default_factory=dict)
    """What the server says is left of its limits."""

    @property
    def reached(self) -> bool:
        """Whether the server was there, and said so."""
        return self.kind != "connection" and (self.kind != "timeout" or self.maybe_billed)


_RETRIED = frozenset({408, 409, 425, 429})
_BUSY = frozenset({429, 503, 529})
_MAYBE_BILLED = frozenset({408, 502, 504, 524})
"""What a gateway says when the model behind it took too long or was lost."""
_NOT_SENT = frozenset(
    {"ConnectError", "ConnectTimeout", "PoolTimeout", "WriteError", "WriteTimeout", "ProxyError", "LocalProtocolError"}
)
"""Exceptions of the HTTP client after which the server cannot have read the whole request."""
_LONGEST_DETAIL = 400
_PROMPT_TOO_LONG = re.compile(
    r"context[ _](length|size|window)|maximum context|prompt is too long|too many (input )?tokens|string_above_max",
    re.I,
)
_FILTERED = re.compile(r"content[ _](filter|policy|management)|invalid_prompt", re.I)
_ABOUT_N = re.compile(r"\bn\b|\bn_cmpl\b|\bbest_of\b|\bchoices?\b|(number of|multiple) completions", re.I)
_ABOUT_TEMPERATURE = re.compile(r"\btemperature\b", re.I)
_ABOUT_SEED = re.compile(r"\bseed\b", re.I)
_ABOUT_TOKENS = re.compile(r"\bmax_(completion_|new_|output_)?tokens\b|in the completion", re.I)
_TOO_MANY = re.compile(
    r"too (large|many|high)|at most|exceed|maximum (allowed|context|value)|less than or equal|<=|\d > \d|reduce the length",
    re.I,
)


def classify(error: openai.APIError, sent: Sent, place: Endpoint, *, now: float) -> Trouble:
    """The trouble that an exception of the SDK stands for. `now`, in seconds of the epoch, is for dates in Retry-After."""
    match error:
        case openai.APITimeoutError():
            line = _line("no answer in time", error.__cause__, place)
            return Trouble("timeout", line, Remedy.RETRY, maybe_billed=_was_sent(error.__cause__))
        case openai.APIConnectionError():
            line = _line("connection failed", error.__cause__, place)
            return Trouble("connection", line, Remedy.RETRY, maybe_billed=_was_sent(error.__cause__))
        case openai.APIStatusError():
            left = allowances(error.response.headers)
            return replace(_of_status(error, sent, place, now), allowances=left)
        case _:
            return bad_body(type(error).__name__, place)


def bad_body(why: str, place: Endpoint) -> Trouble:
    """A response of status 200 from which no answer can be read. Sent again: there is nothing to keep of it."""
    return Trouble("bad_response", one_line(f"unreadable answer: {why}", place), Remedy.RETRY, maybe_billed=True)


def too_slow(seconds: float) -> Trouble:
    """The attempt passed its deadline."""
    return Trouble("timeout", f"no whole answer within {seconds:g} s", Remedy.RETRY, maybe_billed=True)


def _of_status(error: openai.APIStatusError, sent: Sent, place: Endpoint, now: float) -> Trouble:
    status, said = error.status_code, _said(error)
    detail = one_line(f"HTTP {status}: {said}" if said else f"HTTP {status}", place)
    if status in {400, 413, 422}:
        return Trouble("bad_response", detail, _remedy_of_rejection(status, f"{error.code} {error.param} {said}", sent))
    if status == 429 and "insufficient_quota" in {error.code, error.type}:
        return Trouble("rate_limited", detail, Remedy.GIVE_UP)
    if status in _RETRIED or status >= 500:
        kind: FaultKind = {429: "rate_limited", 408: "timeout"}.get(status, "server_error")  # type: ignore[assignment]
        return Trouble(
            kind,
            detail,
            Remedy.RETRY,
            retry_after_seconds(error.response.headers, now),
            maybe_billed=status in _MAYBE_BILLED,
            busy=status in _BUSY,
        )
    if status == 401:  # the body is left out: OpenAI's shows the ends of the key
        key = (
            f"the key in {place.key_variable} is refused" if place.key else f"a key is needed: set {place.key_variable}"
        )
        return Trouble("bad_response", f"{key} (HTTP 401)", Remedy.GIVE_UP)
    if status == 404:
        hint = f"no model {place.model!r} there, or the base URL lacks its /v1"
        return Trouble("bad_response", one_line(f"{hint} ({detail})", place), Remedy.GIVE_UP)
    return Trouble("bad_response", detail, Remedy.GIVE_UP)


def _remedy_of_rejection(status: int, said: str, sent: Sent) -> Remedy:
    """A rejected request was not answered and not paid; the order matters, as messages on length mention completions too."""
    if sent.max_tokens is not None and _ABOUT_TOKENS.search(said) and not _FILTERED.search(said):
        if not _TOO_MANY.search(said):
            return Remedy.OTHER_TOKENS_NAME
        return Remedy.FEWER_TOKENS if sent.max_tokens > LEAST_TOKENS else Remedy.ANSWER_EMPTY
    if status == 413 or _PROMPT_TOO_LONG.search(said) or _FILTERED.search(said):
        return Remedy.ANSWER_EMPTY
    if sent.temperature is not None and _ABOUT_TEMPERATURE.search(said):
        return Remedy.DROP_TEMPERATURE
    if sent.seed is not None and _ABOUT_SEED.search(said):
        return Remedy.DROP_SEED
    if sent.n > 1 and _ABOUT_N.search(said):
        return Remedy.ASK_SINGLY
    return Remedy.GIVE_UP


def _was_sent(cause: BaseException | None) -> bool:
    return type(cause).__name__ not in _NOT_SENT


def _said(error: openai.APIStatusError) -> str:
    """What the body says, in the forms that servers use: OpenAI, llama.cpp and ollama, vLLM, FastAPI, plain text."""
    body = error.body
    if isinstance(body, dict):
        told = body.get("message") or body.get("detail") or body
        return told if isinstance(told, str) else json.dumps(told, default=str)
    return body if isinstance(body, str) else ""


def _line(what: str, cause: BaseException | None, place: Endpoint) -> str:
    reason = _reason(cause) if cause is not None else ""
    return one_line(f"{what}: {reason}" if reason else what, place)


def _reason(error: BaseException) -> str:
    """Why there is no connection, as the system says it; else what the error says itself."""
    root: BaseException | None = error
    while root is not None:
        if isinstance(root, OSError) and root.errno:
            return os.strerror(root.errno) if root.errno > 0 else str(root.strerror)
        root = root.exceptions[0] if isinstance(root, BaseExceptionGroup) else root.__cause__ or root.__context__
    return str(error) or type(error).__name__


def one_line(text: str, place: Endpoint) -> str:
    """A detail: one line without keys, at most 400 characters."""
    line = " ".join(place.hide_key(text).split())
    return line if len(line) <= _LONGEST_DETAIL else f"{line[: _LONGEST_DETAIL - 1]}…"
