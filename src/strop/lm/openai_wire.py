"""One HTTP request to an OpenAI-compatible server.

httpx2 carries it. Its time-outs begin again with any byte, and it reads bodies of any size. So strop itself cancels an attempt
after a silence and at its deadline, and reads a body up to a limit of bytes.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import field
from functools import cache
from typing import Any

import httpx2

from strop.base.errors import ConfigurationError
from strop.base.later import dataclass
from strop.base.surface import option
from strop.lm.openai_errors import AttemptFailed, failure_of, one_line, unreadable
from strop.lm.pace import Clock, RetryPolicy, retry_after_seconds
from strop.lm.providers import Endpoint


@dataclass(frozen=True)
class Settings:
    """How requests are sent to a server. The time-outs suit models that think for minutes."""

    max_connections: int = 16
    """Most HTTP requests in flight; fewer while the server refuses some because of its load."""
    max_tokens: int | None = 8192
    """Most tokens of one response; None sends no limit."""
    seed: int | None = None
    """If given, each response is drawn with a seed of its own, derived from this, in an HTTP request of its own."""
    connect_seconds: float = 10.0
    read_seconds: float = 600.0
    """Longest silence of a server. Blanks, and comments in a stream, are silence."""
    deadline_seconds: float = 1800.0
    """Longest time of one attempt as a whole."""
    largest_answer_bytes: int = 1 << 20
    """Most bytes of an answer, in UTF-8; longer answers are cut."""
    largest_body_bytes: int = 32 << 20
    """Most bytes that are read of a response."""
    retry: RetryPolicy = field(default_factory=RetryPolicy)


_CODINGS = frozenset({"", "identity", "gzip", "deflate"})
"""Compressions of a body that strop reads, although it asks for none."""
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
            why = "a SOCKS proxy needs the package socksio" if isinstance(error, ImportError) else error
            raise ConfigurationError(
                f"{endpoint.where} cannot be asked by this address, or with the proxy or the certificates that the environment "
                f"names (HTTPS_PROXY, SSL_CERT_FILE, …): {why}"
            ) from None

    async def post(self, body: dict[str, Any]) -> bytes:
        """The response to a request for a chat completion.

        Raises:
            AttemptFailed: there is no response, or its status is an error.
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

    async def _exchange(self, content: bytes, on_data: Callable[[], None]) -> bytes:
        """Send `content`, again where the server redirects within its origin; `on_data` is called when data arrive."""
        url = self._url
        for _ in range(_MOST_REDIRECTS):
            async with self._client.stream("POST", url, content=content) as response:
                if response.has_redirect_location:
                    url = self._redirected(response)
                    continue
                data = await self._body(response, on_data)
                if response.is_success:
                    return data
                wait = retry_after_seconds(response.headers, self._clock.epoch())
                raise failure_of(response.status_code, data, self._endpoint, wait)
        raise AttemptFailed("bad_response", f"redirected {_MOST_REDIRECTS} times, at last to {url.path}")

    def _redirected(self, response: httpx2.Response) -> httpx2.URL:
        """The URL that the same request is sent to next. No other origin than the base URL's gets the prompt or the key."""
        location = response.headers["location"]
        with suppress(httpx2.InvalidURL):
            url = self._url.join(location)
            if (url.scheme, url.host, url.port) == (self._url.scheme, self._url.host, self._url.port):
                return self._url.copy_with(raw_path=url.raw_path)
        why = f"HTTP {response.status_code} to another origin, {location}: if you mean that one, give it as {option('base_url')}"
        raise AttemptFailed("bad_response", one_line(why, self._endpoint))

    async def _body(self, response: httpx2.Response, on_data: Callable[[], None]) -> bytes:
        """The body without its compression, up to the limit: a few compressed bytes can stand for gigabytes."""
        coding = response.headers.get("content-encoding", "identity").strip().lower()
        if coding not in _CODINGS:
            why = f"it is compressed with {coding}, which strop neither asked for nor reads"
            raise unreadable(why, self._endpoint, passing=False)
        body, most = bytearray(), self._settings.largest_body_bytes
        comment = b""  # the mark of one that has begun
        try:
            with suppress(httpx2.RemoteProtocolError):  # a body that was cut may be whole: its reader sees
                async for data in response.aiter_bytes():  # at most 1 MiB each
                    body += data
                    if len(body) > most:
                        raise unreadable(f"it has more than {most:,} bytes", self._endpoint)
                    lines = (comment + data).replace(b"\r", b"\n").split(b"\n")
                    if any(line.strip() and not line.startswith(b":") for line in lines):
                        on_data()
                    comment = b":" if lines[-1].startswith(b":") else b""
        except httpx2.DecodingError:
            raise unreadable(f"its {coding} cannot be unpacked", self._endpoint) from None
        return bytes(body)


_NOT_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.WriteError,
    httpx2.WriteTimeout,
    httpx2.ProxyError,
    httpx2.LocalProtocolError,
)
"""Errors after which the server cannot have read the whole request."""


def _reason(error: BaseException) -> str:
    """Why there is no connection: the system's message, else the error's."""
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
