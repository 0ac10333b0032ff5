"""What the failures of OpenAI-compatible servers mean: which are worth another attempt, which may have been billed, which reject
what was sent."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from strop.lm.base import FaultKind
from strop.lm.pace import LONG_WAIT_SECONDS, delay_told, duration_text
from strop.lm.providers import Endpoint


@dataclass(eq=False)
class AttemptFailed(Exception):
    """An HTTP request failed."""

    kind: FaultKind
    detail: str
    """One line without keys, at most 400 characters."""
    passing: bool = False
    """Another attempt may help."""
    rejection: str = ""
    """What the server says if it rejects what was sent, for `openai_chat.REJECTIONS`."""
    retry_after: float | None = None
    """Seconds that the server asks to wait."""
    maybe_billed: bool = False
    """It broke after the request was sent, without a readable answer: the server may charge for it."""
    busy: bool = False
    """The server refuses requests because of its load: fewer should be in flight."""


OVERFLOW = r"exceed\w*[ _](the )?(available )?context|context_length_exceeded|maximum context|prompt is too long"
"""What no server says but of a prompt that is longer than its context, whatever the status."""
UNFIT = r"roles must alternate|(system|developer) role"
"""What no server says but of a chat that does not fit the model's template, whatever the status."""
REJECTED = frozenset({400, 413, 422})
RETRIED = frozenset({408, 409, 425, 429})
BUSY = frozenset({429, 503, 529})
_MAYBE_BILLED = frozenset({408, 502, 504, 524})
"""Status codes of a gateway when the model behind it took too long or was lost."""
_LONGEST_DETAIL = 400


def failure_of(status: int, body: bytes, endpoint: Endpoint, retry_after: float | None = None) -> AttemptFailed:
    """What a response of another status than success means; `retry_after` is what its headers ask for."""
    told: Any = (words := body.decode("utf-8", "replace").strip())
    with suppress(ValueError, RecursionError):
        told = only_element(json.loads(words))
    error = told.get("error", told) if isinstance(told, dict) else told
    return _of_status(status, error, words, endpoint, retry_after=retry_after)


def failure_told(error: Any, endpoint: Endpoint, *, maybe_billed: bool) -> AttemptFailed:
    """What an error in a response of status 200 means: the same as a response of the status that it tells."""
    words = json.dumps(error, default=str)
    failure = _of_status(_status_told(error, words), error, words, endpoint, origin="HTTP 200 with error ")
    return replace(failure, maybe_billed=maybe_billed)


def unreadable(why: str, endpoint: Endpoint, *, passing: bool = True) -> AttemptFailed:
    """A response of status 200 that holds no readable answer. It may have been billed, and is asked for again if `passing`."""
    return AttemptFailed("bad_response", one_line(f"unreadable response: {why}", endpoint), passing, maybe_billed=True)


def only_element(value: Any) -> Any:
    """The element of a list of one, as Google's servers send answers and errors; anything else as it is."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


_TOLD = (
    (400, OVERFLOW),
    (401, r"api[ _]?key|unauthori[sz]ed|authenticat"),
    (402, r"credit|balance|billing|payment|quota"),
    (404, r"unexpected endpoint|not[ _]found|no such|does not exist|unknown model"),
    (429, r"rate[ _]?limit|too many requests"),
    (503, r"overload|capacity|unavailable"),
)
"""The status that an error means, by its words, where it has no code that is one."""


def _status_told(error: Any, words: str) -> int:
    """The status of an error in a body of status 200; 500 where it says nothing of the kind."""
    codes = [error.get(name) for name in ("code", "status", "statusCode")] if isinstance(error, dict) else []
    known = (int(code) for code in map(str, codes) if code.isdecimal() and len(code) == 3 and "400" <= code < "600")
    return next(known, next((status for status, says in _TOLD if re.search(says, words, re.I)), 500))


def _of_status(
    status: int, error: Any, words: str, endpoint: Endpoint, *, retry_after: float | None = None, origin: str = "HTTP "
) -> AttemptFailed:
    """What an error means; `words` is all of it as text."""
    message, fields = _message(error), error if isinstance(error, dict) else {}
    told = " ".join(str(fields.get(name)) for name in ("code", "type", "param"))
    wait = delay_told(words) if retry_after is None else retry_after
    long = f" (it asks to wait {duration_text(wait)})" if wait and wait > LONG_WAIT_SECONDS else ""
    detail = one_line(f"{origin}{status}: {message}" if message else f"{origin}{status}", endpoint) + long
    if status in REJECTED or (status >= 500 and re.search(f"{OVERFLOW}|{UNFIT}", f"{told} {message}", re.I)):
        return AttemptFailed("bad_response", detail, rejection=f"HTTP {status} {told} {message}")
    # The latter is in the name of a quota of Google's.
    if status == 429 and ("insufficient_quota" in told or "PerDay" in words):
        return AttemptFailed("rate_limited", detail)
    if status in RETRIED or status >= 500:
        kind: FaultKind = {429: "rate_limited", 408: "timeout"}.get(status, "server_error")  # type: ignore[assignment]
        return AttemptFailed(
            kind,
            detail,
            passing=True,
            retry_after=wait,
            maybe_billed=status in _MAYBE_BILLED,
            busy=status in BUSY,
        )
    if status == 401:  # without the body: OpenAI's shows the ends of the key
        variable = endpoint.key_variable
        key = f"the key in {variable} is refused" if endpoint.key else f"a key is needed: set {variable}"
        return AttemptFailed("bad_response", f"{key} ({origin}401)")
    if status == 404:
        hint = f"no model {endpoint.model!r} there, or the base URL lacks its /v1"
        return AttemptFailed("bad_response", one_line(f"{hint} ({detail})", endpoint))
    return AttemptFailed("bad_response", detail)


def _message(body: Any) -> str:
    """What the body says, in the forms that servers use: OpenAI, llama.cpp and ollama, vLLM, FastAPI, plain text."""
    if isinstance(body, dict):
        message = body.get("message") or body.get("detail") or body
        return message if isinstance(message, str) else json.dumps(message, default=str)
    return body if isinstance(body, str) else ""


def one_line(text: str, endpoint: Endpoint) -> str:
    """A detail: one line without keys, at most 400 characters."""
    line = " ".join(endpoint.hide_key(text).split())
    return line if len(line) <= _LONGEST_DETAIL else f"{line[: _LONGEST_DETAIL - 1]}…"
