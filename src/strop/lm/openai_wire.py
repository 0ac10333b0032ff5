"""One HTTP request to an OpenAI-compatible server, and what its failures mean.

The OpenAI SDK sends it, without retries of its own. Its time-outs take any byte for life, and it reads bodies of any size; so an
attempt is cancelled after a silence and at its deadline, and the stream of a response ends at a limit of bytes.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import ssl
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import field, replace
from functools import cache
from typing import Any

import httpx2  # the SDK's HTTP client
import openai

from strop.base.later import dataclass
from strop.base.surface import option
from strop.lm.base import FaultKind
from strop.lm.openai_chat import OVERFLOW, Parameters, UnreadableBody
from strop.lm.pace import LONG_WAIT_SECONDS, Clock, RetryPolicy, duration_text, retry_after_seconds
from strop.lm.providers import Endpoint


@dataclass(frozen=True)
class Settings:
    """How a server is asked. The time-outs are for models that think for minutes."""

    max_connections: int = 16
    """HTTP requests in flight at most; fewer while the server refuses some because of its load."""
    max_tokens: int | None = 8192
    """Tokens of one response at most; None sends no limit."""
    seed: int | None = None
    """If given, each response is drawn with a seed of its own, derived from this, in an HTTP request of its own."""
    connect_seconds: float = 10.0
    read_seconds: float = 600.0
    """Longest silence of a server. Blanks, and comments in a stream, are silence."""
    deadline_seconds: float = 1800.0
    """Longest time of one attempt as a whole."""
    largest_answer_bytes: int = 1 << 20
    """Longer answers are cut to this, in UTF-8."""
    largest_body_bytes: int = 32 << 20
    """No more than this is read of a response."""
    retry: RetryPolicy = field(default_factory=RetryPolicy)


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


_heard: ContextVar[Callable[[], None]] = ContextVar("heard")
"""To be called when the server that the current task has asked says something: the next silence begins."""


@cache
def _tls_context(trust_env: bool) -> ssl.SSLContext:
    """The trusted certificates. All connections share them: reading them takes 40 ms."""
    return httpx2.create_ssl_context(trust_env=trust_env)


class HttpWire:
    """Connections to one endpoint; each carries one request at a time."""

    def __init__(self, endpoint: Endpoint, settings: Settings, clock: Clock | None = None) -> None:
        self._endpoint, self._settings, self._clock = endpoint, settings, clock or Clock()
        self._client = openai.AsyncOpenAI(
            api_key=endpoint.key or "not-needed",
            base_url=endpoint.base_url,
            max_retries=0,
            timeout=openai.Timeout(None, connect=settings.connect_seconds),
            http_client=openai.DefaultAsyncHttpxClient(
                trust_env=not endpoint.is_loopback,
                verify=_tls_context(not endpoint.is_loopback),
                headers={"Accept-Encoding": "identity"},
                event_hooks={"response": [self._bound]},
            ),
        )

    async def post(self, messages: list[dict[str, str]], parameters: Parameters) -> bytes:
        """The body of a chat completion.

        Raises:
            AttemptFailed: there is no response, or one of another status.
        """
        deadline, read = self._settings.deadline_seconds, self._settings.read_seconds
        try:
            async with asyncio.timeout(deadline), asyncio.timeout(read) as silence:
                now = asyncio.get_running_loop().time
                _heard.set(lambda: silence.reschedule(now() + read))
                response = await self._client.chat.completions.with_raw_response.create(
                    model=self._endpoint.model,
                    messages=messages,  # type: ignore[arg-type]
                    **parameters,
                )
                return response.content
        except TimeoutError:
            why = f"no response in {read:g} s" if silence.expired() else f"no whole response within {deadline:g} s"
            raise AttemptFailed("timeout", why, passing=True, maybe_billed=True) from None
        except (_BodyTooLarge, zlib.error):
            why = f"more than {self._settings.largest_body_bytes} bytes, or compressed in an odd way"
            raise unreadable(UnreadableBody(why), self._endpoint) from None
        except openai.APIError as error:
            if isinstance(error.__cause__, AttemptFailed):
                raise error.__cause__ from None
            raise classify(error, self._endpoint, now=self._clock.epoch()) from error

    async def close(self) -> None:
        """Close connections. Idempotent."""
        await self._client.close()

    async def _bound(self, response: httpx2.Response) -> None:
        """Let no more be read of a response than the limit, and go to no other host."""
        place = response.headers.get("location", "")
        if response.has_redirect_location and response.url.join(place).host != response.url.host:
            why = f"HTTP {response.status_code} to another host, {place}: if you mean that one, give it as {option('base_url')}"
            raise AttemptFailed("bad_response", one_line(why, self._endpoint))
        # A few compressed bytes can stand for gigabytes, so they count as what they become. None were asked for.
        coding = response.headers.pop("content-encoding", "").strip().lower()
        if coding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
            raise _BodyTooLarge
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        unzip = None if coding in {"", "identity"} else zlib.decompressobj(wbits=47)  # gzip or zlib
        response.stream = _BoundedStream(response.stream, self._settings.largest_body_bytes, unzip)


class _BodyTooLarge(Exception):
    """A response is larger than the limit, or has a size that cannot be bounded."""


class _BoundedStream(httpx2.AsyncByteStream):
    """The body of a response without its compression, up to its limit."""

    def __init__(self, stream: httpx2.AsyncByteStream, largest_bytes: int, unzip: Any) -> None:
        self._stream, self._left, self._unzip = stream, largest_bytes, unzip

    async def __aiter__(self) -> AsyncIterator[bytes]:
        comment = b""  # the mark of one that has begun
        with suppress(httpx2.RemoteProtocolError):  # a body that was cut may be whole: its reader sees
            async for data in self._stream:
                data = self._unzip.decompress(data, self._left + 1) if self._unzip else data
                self._left -= len(data)
                if self._left < 0:
                    raise _BodyTooLarge
                lines = (comment + data).replace(b"\r", b"\n").split(b"\n")
                if any(line.strip() and not line.startswith(b":") for line in lines):
                    _heard.get()()
                comment = b":" if lines[-1].startswith(b":") else b""
                yield data

    async def aclose(self) -> None:
        await self._stream.aclose()


REJECTED = frozenset({400, 413, 422})
RETRIED = frozenset({408, 409, 425, 429})
BUSY = frozenset({429, 503, 529})
_MAYBE_BILLED = frozenset({408, 502, 504, 524})
"""Status codes of a gateway when the model behind it took too long or was lost."""
_NOT_SENT = frozenset(
    {"ConnectError", "ConnectTimeout", "PoolTimeout", "WriteError", "WriteTimeout", "ProxyError", "LocalProtocolError"}
)
"""Exceptions of the HTTP client after which the server cannot have read the whole request."""
_LONGEST_DETAIL = 400


def classify(error: openai.APIError, endpoint: Endpoint, *, now: float) -> AttemptFailed:
    """What an exception of the SDK means. `now`, in seconds of the epoch, is for dates in Retry-After."""
    if isinstance(error, openai.APIStatusError):
        seconds = retry_after_seconds(error.response.headers, now)
        failure = _of_status(error.status_code, error.body, endpoint, retry_after=seconds)
        long = f" (it asks to wait {duration_text(seconds)})" if seconds and seconds > LONG_WAIT_SECONDS else ""
        return replace(failure, detail=failure.detail + long)
    if not isinstance(error, openai.APIConnectionError):
        return unreadable(UnreadableBody(type(error).__name__), endpoint)
    cause = error.__cause__
    detail = one_line(f"connection failed: {_reason(cause) or type(error).__name__}", endpoint)
    return AttemptFailed("connection", detail, passing=True, maybe_billed=type(cause).__name__ not in _NOT_SENT)


def unreadable(body: UnreadableBody, endpoint: Endpoint) -> AttemptFailed:
    """A response of status 200 that holds no readable answer: an error in it counts as that status; others are sent again."""
    if body.error is not None:
        failure = _of_status(_status_told(body.error), body.error, endpoint, origin="HTTP 200 with error ")
        return replace(failure, maybe_billed=body.maybe_billed)
    detail = one_line(f"unreadable response: {body}", endpoint)
    return AttemptFailed("bad_response", detail, passing=True, maybe_billed=body.maybe_billed)


_TOLD = (
    (400, OVERFLOW),
    (401, r"api[ _]?key|unauthori[sz]ed|authenticat"),
    (402, r"credit|balance|billing|payment|quota"),
    (404, r"unexpected endpoint|not[ _]found|no such|does not exist|unknown model"),
    (429, r"rate[ _]?limit|too many requests"),
    (503, r"overload|capacity|unavailable"),
)
"""The status that an error means, by its words, where it has no code that is one."""


def _status_told(error: Any) -> int:
    """The status of an error in a body of status 200; 500 where it says nothing of the kind."""
    codes = [error.get(name) for name in ("code", "status", "statusCode")] if isinstance(error, dict) else []
    known = (int(code) for code in map(str, codes) if code.isdecimal() and len(code) == 3 and "400" <= code < "600")
    words = json.dumps(error, default=str)
    return next(known, next((status for status, says in _TOLD if re.search(says, words, re.I)), 500))


def _of_status(
    status: int, body: Any, endpoint: Endpoint, *, retry_after: float | None = None, origin: str = "HTTP "
) -> AttemptFailed:
    message, fields = _message(body), body if isinstance(body, dict) else {}
    told = " ".join(str(fields.get(name)) for name in ("code", "type", "param"))
    detail = one_line(f"{origin}{status}: {message}" if message else f"{origin}{status}", endpoint)
    if status in REJECTED or (status >= 500 and re.search(OVERFLOW, f"{told} {message}", re.I)):
        return AttemptFailed("bad_response", detail, rejection=f"HTTP {status} {told} {message}")
    if status == 429 and "insufficient_quota" in told:
        return AttemptFailed("rate_limited", detail)
    if status in RETRIED or status >= 500:
        kind: FaultKind = {429: "rate_limited", 408: "timeout"}.get(status, "server_error")  # type: ignore[assignment]
        return AttemptFailed(
            kind,
            detail,
            passing=True,
            retry_after=retry_after,
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


def _reason(error: BaseException | None) -> str:
    """Why there is no connection, in the system's words, else in those of the error; empty if there is no error."""
    root = error
    while root is not None:
        if isinstance(root, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted: {root.verify_message or root.reason}"
        if isinstance(root, ssl.SSLError):  # its number is not one of the system's errors
            return f"TLS failed, is it http://? ({root.reason or root})"
        if isinstance(root, OSError) and root.errno:
            return os.strerror(root.errno) if root.errno > 0 else str(root.strerror)
        root = root.exceptions[0] if isinstance(root, BaseExceptionGroup) else root.__cause__ or root.__context__
    return str(error) or type(error).__name__ if error is not None else ""


def one_line(text: str, endpoint: Endpoint) -> str:
    """A detail: one line without keys, at most 400 characters."""
    line = " ".join(endpoint.hide_key(text).split())
    return line if len(line) <= _LONGEST_DETAIL else f"{line[: _LONGEST_DETAIL - 1]}…"
