"""One HTTP request to an OpenAI-compatible server, and what its failures mean.

httpx2 carries it. Its time-outs take any byte for life, and it reads bodies of any size; so an attempt is cancelled after a
silence and at its deadline, and a body is read up to a limit of bytes.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import httpx2

from strop.base.errors import ConfigurationError
from strop.base.surface import option
from strop.lm.base import FaultKind
from strop.lm.openai_chat import NO_SYSTEM, OVERFLOW, UnreadableBody, only_element
from strop.lm.pace import LONG_WAIT_SECONDS, Clock, RetryPolicy, delay_told, duration_text, retry_after_seconds
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


_CODINGS = frozenset({"", "identity", "gzip", "deflate"})
"""Compressions of a body that are read. None is asked for."""
_MOST_REDIRECTS = 5


@cache
def _tls_context() -> ssl.SSLContext:
    """The trusted certificates: those of `SSL_CERT_FILE` or `SSL_CERT_DIR`, else the system's. Reading them takes 40 ms."""
    return httpx2.create_ssl_context()


class HttpWire:
    """Connections to one endpoint; each carries one request at a time."""

    def __init__(self, endpoint: Endpoint, settings: Settings, clock: Clock | None = None) -> None:
        """Proxies and certificates are those of the environment; a server on this machine is asked without a proxy.

        Raises:
            ConfigurationError: the base URL, the proxy or the certificates cannot be used.
        """
        self._endpoint, self._settings, self._clock = endpoint, settings, clock or Clock()
        try:
            self._url = httpx2.URL(f"{endpoint.base_url}/chat/completions")
            self._client = httpx2.AsyncClient(
                trust_env=not endpoint.is_loopback,
                verify=_tls_context() if self._url.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
                timeout=httpx2.Timeout(None, connect=settings.connect_seconds),
                limits=httpx2.Limits(max_keepalive_connections=settings.max_connections),
                headers={
                    "Accept-Encoding": "identity",
                    "Authorization": f"Bearer {endpoint.key or 'not-needed'}",
                    "Content-Type": "application/json",
                    "User-Agent": "strop",
                },
            )
        except (ImportError, OSError, ValueError, httpx2.InvalidURL) as error:
            why = (
                "a SOCKS proxy needs the package socksio"
                if isinstance(error, ImportError)
                else " ".join(str(error).split())
            )
            raise ConfigurationError(
                f"{endpoint.where} cannot be asked by this address, or with the proxy or the certificates that the environment "
                f"names (HTTPS_PROXY, SSL_CERT_FILE, …): {why}"
            ) from None

    async def post(self, body: dict[str, Any]) -> bytes:
        """The response to a request for a chat completion.

        Raises:
            AttemptFailed: there is no response, or one of another status.
        """
        deadline, read = self._settings.deadline_seconds, self._settings.read_seconds
        try:
            async with asyncio.timeout(deadline), asyncio.timeout(read) as silence:
                now = asyncio.get_running_loop().time
                return await self._exchange(json.dumps(body).encode(), lambda: silence.reschedule(now() + read))
        except TimeoutError:
            why = f"no response in {read:g} s" if silence.expired() else f"no whole response within {deadline:g} s"
            raise AttemptFailed("timeout", why, passing=True, maybe_billed=True) from None
        except (httpx2.TransportError, OSError) as error:
            detail = one_line(f"connection failed: {_reason(error)}", self._endpoint)
            sent = not isinstance(error, _NOT_SENT)
            raise AttemptFailed("connection", detail, passing=True, maybe_billed=sent) from error

    async def close(self) -> None:
        """Close connections. Idempotent."""
        await self._client.aclose()

    async def _exchange(self, content: bytes, heard: Callable[[], None]) -> bytes:
        """Send `content`, again where the server redirects within its origin; `heard` is called when it says something."""
        url = self._url
        for _ in range(_MOST_REDIRECTS):
            async with self._client.stream("POST", url, content=content) as response:
                if response.has_redirect_location:
                    url = self._redirected(response)
                    continue
                data = await self._body(response, heard)
                if response.is_success:
                    return data
                asked = retry_after_seconds(response.headers, self._clock.epoch())
                raise failure_of(response.status_code, data, self._endpoint, asked)
        raise AttemptFailed("bad_response", f"redirected {_MOST_REDIRECTS} times, at last to {url.path}")

    def _redirected(self, response: httpx2.Response) -> httpx2.URL:
        """Where the same request goes next. Another origin than that of the base URL gets neither prompt nor key."""
        place = response.headers["location"]
        with suppress(httpx2.InvalidURL):
            url = self._url.join(place)
            if (url.scheme, url.host, url.port) == (self._url.scheme, self._url.host, self._url.port):
                return self._url.copy_with(raw_path=url.raw_path)
        why = f"HTTP {response.status_code} to another origin, {place}: if you mean that one, give it as {option('base_url')}"
        raise AttemptFailed("bad_response", one_line(why, self._endpoint))

    async def _body(self, response: httpx2.Response, heard: Callable[[], None]) -> bytes:
        """The body without its compression, up to the limit: a few compressed bytes can stand for gigabytes."""
        coding = response.headers.get("content-encoding", "identity").strip().lower()
        if coding not in _CODINGS:
            why = f"unreadable response: it is compressed with {coding}, which strop neither asked for nor reads"
            raise AttemptFailed("bad_response", one_line(why, self._endpoint), maybe_billed=True)
        body, comment = bytearray(), b""  # the mark of a comment that has begun
        try:
            with suppress(httpx2.RemoteProtocolError):  # a body that was cut may be whole: its reader sees
                async for data in response.aiter_bytes():  # at most 1 MiB each
                    body += data
                    if len(body) > self._settings.largest_body_bytes:
                        why = f"it has more than {self._settings.largest_body_bytes:,} bytes"
                        raise unreadable(UnreadableBody(why), self._endpoint)
                    lines = (comment + data).replace(b"\r", b"\n").split(b"\n")
                    if any(line.strip() and not line.startswith(b":") for line in lines):
                        heard()
                    comment = b":" if lines[-1].startswith(b":") else b""
        except httpx2.DecodingError:
            raise unreadable(UnreadableBody(f"its {coding} cannot be unpacked"), self._endpoint) from None
        return bytes(body)


REJECTED = frozenset({400, 413, 422})
RETRIED = frozenset({408, 409, 425, 429})
BUSY = frozenset({429, 503, 529})
_MAYBE_BILLED = frozenset({408, 502, 504, 524})
"""Status codes of a gateway when the model behind it took too long or was lost."""
_NOT_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.WriteError,
    httpx2.WriteTimeout,
    httpx2.ProxyError,
    httpx2.LocalProtocolError,
)
"""After these the server cannot have read the whole request."""
_LONGEST_DETAIL = 400


def failure_of(status: int, body: bytes, endpoint: Endpoint, retry_after: float | None = None) -> AttemptFailed:
    """What a response of another status than success means; `retry_after` is what its headers ask for."""
    told: Any = body.decode("utf-8", "replace").strip()
    with suppress(ValueError, RecursionError):
        told = only_element(json.loads(told))
    return _of_status(
        status, told.get("error", told) if isinstance(told, dict) else told, endpoint, retry_after=retry_after
    )


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
    words = json.dumps(body, default=str)
    wait = delay_told(words) if retry_after is None else retry_after
    long = f" (it asks to wait {duration_text(wait)})" if wait and wait > LONG_WAIT_SECONDS else ""
    detail = one_line(f"{origin}{status}: {message}" if message else f"{origin}{status}", endpoint) + long
    if status in REJECTED or (status >= 500 and re.search(f"{OVERFLOW}|{NO_SYSTEM}", f"{told} {message}", re.I)):
        return AttemptFailed("bad_response", detail, rejection=f"HTTP {status} {told} {message}")
    if status == 429 and (
        "insufficient_quota" in told or "PerDay" in words
    ):  # the latter in the name of a quota of Google
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


def _reason(error: BaseException) -> str:
    """Why there is no connection, in the system's words, else in those of the error."""
    root: BaseException | None = error
    while root is not None:
        if isinstance(root, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted: {root.verify_message or root.reason}"
        if isinstance(root, ssl.SSLError):  # its number is not one of the system's errors
            return f"TLS failed, is it http://? ({root.reason or root})"
        if isinstance(root, OSError) and root.errno:
            return os.strerror(root.errno) if root.errno > 0 else str(root.strerror)
        root = root.exceptions[0] if isinstance(root, BaseExceptionGroup) else root.__cause__ or root.__context__
    return str(error) or type(error).__name__


def one_line(text: str, endpoint: Endpoint) -> str:
    """A detail: one line without keys, at most 400 characters."""
    line = " ".join(endpoint.hide_key(text).split())
    return line if len(line) <= _LONGEST_DETAIL else f"{line[: _LONGEST_DETAIL - 1]}…"
