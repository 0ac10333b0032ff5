"""What the failures of OpenAI-compatible servers mean: which are worth another attempt, which may have been billed, and which
reject the request's parameters."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from strop.lm.base import FaultKind
from strop.lm.pace import LONG_WAIT_SECONDS, delay_in, duration_text
from strop.lm.providers import Endpoint


@dataclass(eq=False)
class AttemptFailed(Exception):
    """An HTTP request failed."""

    kind: FaultKind
    detail: str
    """One line without keys, at most 400 characters."""
    passing: bool = False
    """Whether another attempt may help."""
    rejection: str = ""
    """The message of a server that rejects a parameter or a text, for `openai_chat.REJECTIONS`."""
    retry_after: float | None = None
    """Seconds that the server asks to wait."""
    maybe_billed: bool = False
    """Whether the server may charge for the request: it was sent, and no readable answer came."""
    busy: bool = False
    """Whether the server refused because of its load, so that fewer requests should be in flight."""


OVERFLOW = r"exceed\w*[ _](the )?(available )?context|context_length_exceeded|maximum context|prompt is too long"
"""What servers say only of a prompt that is longer than their context, whatever the status."""
UNFIT = r"roles must alternate|(system|developer) role"
"""What servers say only of a chat that does not fit the model's template, whatever the status."""
REJECTED = frozenset({400, 413, 422})
RETRIED = frozenset({408, 409, 425, 429})
BUSY = frozenset({429, 503, 529})
_MAYBE_BILLED = frozenset({408, 502, 504, 524})
"""Status codes of a gateway when the model behind it took too long or was lost."""
_LONGEST_DETAIL = 400


def failure_of(status: int, body: bytes, endpoint: Endpoint, retry_after: float | None = None) -> AttemptFailed:
    """The failure that a response with an error status means. `retry_after`: seconds that its headers ask to wait."""
    document: Any = (text := body.decode("utf-8", "replace").strip())
    with suppress(ValueError, RecursionError):
        document = only_element(json.loads(text))
    error = document.get("error", document) if isinstance(document, dict) else document
    return _of_status(status, error, text, endpoint, retry_after=retry_after)


def failure_in_body(error: Any, endpoint: Endpoint, *, maybe_billed: bool) -> AttemptFailed:
    """The failure that an error in a response of status 200 means: as if the response had the status that the error names."""
    text = json.dumps(error, default=str)
    failure = _of_status(_status_of(error, text), error, text, endpoint, origin="HTTP 200 with error ")
    return replace(failure, maybe_billed=maybe_billed)


def unreadable(why: str, endpoint: Endpoint, *, passing: bool = True) -> AttemptFailed:
    """The failure of a response of status 200 without a readable answer. It may have been billed; `passing`: it is sent again."""
    return AttemptFailed("bad_response", one_line(f"unreadable response: {why}", endpoint), passing, maybe_billed=True)


def only_element(value: Any) -> Any:
    """The element of a list of one, as Google's servers send answers and errors; anything else as it is."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


_STATUS_PATTERNS = (
    (400, OVERFLOW),
    (401, r"api[ _]?key|unauthori[sz]ed|authenticat"),
    (402, r"credit|balance|billing|payment|quota"),
    (404, r"unexpected endpoint|not[ _]found|no such|does not exist|unknown model"),
    (429, r"rate[ _]?limit|too many requests"),
    (503, r"overload|capacity|unavailable"),
)
"""(status, pattern): the status that an error means by its text, where none of its codes is a status."""


def _status_of(error: Any, text: str) -> int:
    """The status of an error in a body of status 200: its code, else by its text; 500 if neither says."""
    codes = [error.get(name) for name in ("code", "status", "statusCode")] if isinstance(error, dict) else []
    valid = (int(code) for code in map(str, codes) if code.isdecimal() and len(code) == 3 and "400" <= code < "600")
    return next(valid, next((status for status, says in _STATUS_PATTERNS if re.search(says, text, re.I)), 500))


def _of_status(
    status: int, error: Any, text: str, endpoint: Endpoint, *, retry_after: float | None = None, origin: str = "HTTP "
) -> AttemptFailed:
    """The failure that an error of this status means; `text` is the whole error."""
    message, fields = _message(error), error if isinstance(error, dict) else {}
    codes = " ".join(str(fields.get(name)) for name in ("code", "type", "param"))
    wait = delay_in(text) if retry_after is None else retry_after
    long = f" (it asks to wait {duration_text(wait)})" if wait and wait > LONG_WAIT_SECONDS else ""
    detail = one_line(f"{origin}{status}: {message}" if message else f"{origin}{status}", endpoint) + long
    if status in REJECTED or (status >= 500 and re.search(f"{OVERFLOW}|{UNFIT}", f"{codes} {message}", re.I)):
        return AttemptFailed("bad_response", detail, rejection=f"HTTP {status} {codes} {message}")
    # `PerDay` is in the name of a quota of Google's.
    if status == 429 and ("insufficient_quota" in codes or "PerDay" in text):
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
    """The message in a body, in the forms that servers use: OpenAI, llama.cpp and ollama, vLLM, FastAPI, plain text."""
    if isinstance(body, dict):
        message = body.get("message") or body.get("detail") or body
        return message if isinstance(message, str) else json.dumps(message, default=str)
    return body if isinstance(body, str) else ""


def one_line(text: str, endpoint: Endpoint) -> str:
    """A detail: one line without keys, at most 400 characters."""
    line = " ".join(endpoint.hide_key(text).split())
    return line if len(line) <= _LONGEST_DETAIL else f"{line[: _LONGEST_DETAIL - 1]}…"
