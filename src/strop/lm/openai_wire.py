"""One HTTP request through the OpenAI SDK, bounded as a whole: in time, and in the bytes that are read.

The SDK's time-outs are for one silence each: a server that drips a byte now and then would hold a request for ever, and a
body of any size would be read into memory. So the connections of its HTTP client are wrapped: each read, of headers too, ends
with the attempt's deadline, and reads stop at its limit of bytes. The SDK's own retries are off.

It reads no answer and forgives nothing (`openai_answers.py`, `openai_errors.py`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import openai

from strop.lm.endpoints import Endpoint


class DeadlinePassed(Exception):
    """The attempt as a whole took too long."""


class BodyTooLarge(Exception):
    """The server sends more than is read of one answer, or in a form in which that cannot be bounded."""


@dataclass(frozen=True)
class Bounds:
    """Of one attempt. Seconds above 0."""

    connect_seconds: float
    read_seconds: float
    deadline_seconds: float
    largest_body_bytes: int


@dataclass(frozen=True)
class Body:
    """A response of status 200."""

    data: bytes
    headers: Mapping[str, str]


class Wire:
    """Connections to one endpoint. Safe to use from many threads; each has one request on its way at a time."""

    def __init__(self, place: Endpoint, bounds: Bounds) -> None:
        self._place, self._bounds = place, bounds
        self._attempts = _Attempts()
        read = min(bounds.read_seconds, bounds.deadline_seconds)
        http = openai.DefaultHttpxClient(
            trust_env=not place.is_loopback,
            headers={"Accept-Encoding": "identity"},
            event_hooks={"response": [_refuse_compressed]},
        )
        _wrap(http, self._attempts)
        self._client = openai.OpenAI(
            api_key=place.key or "not-needed",
            base_url=place.base_url,
            max_retries=0,
            timeout=openai.Timeout(read, connect=min(bounds.connect_seconds, read), pool=None),
            http_client=http,
        )

    def post(self, messages: list[dict[str, str]], options: Mapping[str, Any]) -> Body:
        """Ask for a chat completion with `options` besides the model and the messages.

        Raises:
            openai.APIError: what the SDK raises of a failed request.
            DeadlinePassed, BodyTooLarge: it was broken off; the server may charge for it.
            RuntimeError: the wire is closed.
        """
        with self._attempts.bounded(self._bounds.deadline_seconds, self._bounds.largest_body_bytes):
            response = self._client.chat.completions.with_raw_response.create(
                model=self._place.model,
                messages=messages,  # type: ignore[arg-type]
                **options,
            )
            return Body(response.content, response.headers)

    def close(self) -> None:
        """Close connections; requests that are on their way fail. Idempotent."""
        self._client.close()


@dataclass
class _Attempt:
    deadline: float
    """In seconds of the monotonic clock."""
    bytes_left: int


class _Attempts(threading.local):
    """The attempt that this thread is making."""

    current: _Attempt | None = None

    @contextmanager
    def bounded(self, seconds: float, largest_bytes: int) -> Iterator[None]:
        # Headers count as well; they are at most 100 kB.
        self.current = _Attempt(time.monotonic() + seconds, largest_bytes)
        try:
            yield
        finally:
            self.current = None

    def seconds(self, timeout: float | None) -> float | None:
        """`timeout` or what is left until the deadline, whichever is less."""
        if self.current is None:
            return timeout
        left = self.current.deadline - time.monotonic()
        if left <= 0:
            raise DeadlinePassed
        return left if timeout is None else min(timeout, left)

    def count(self, data: bytes) -> bytes:
        """`data`, where it is within the limit."""
        if self.current is not None:
            self.current.bytes_left -= len(data)
            if self.current.bytes_left < 0:
                raise BodyTooLarge
        return data


class _Stream:
    """A connection of the HTTP client's, within the bounds of the attempt that uses it."""

    def __init__(self, inner: Any, attempts: _Attempts) -> None:
        self._inner, self._attempts = inner, attempts

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        seconds = self._attempts.seconds(timeout)
        try:
            data = self._inner.read(max_bytes, seconds)
        except Exception:
            self._attempts.seconds(None)  # at the deadline that is what is told, not the silence that it ended
            raise
        return self._attempts.count(data)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._attempts.seconds(timeout))

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Any:
        inner = self._inner.start_tls(ssl_context, server_hostname, self._attempts.seconds(timeout))
        return _Stream(inner, self._attempts)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _Backend:
    """What opens connections, so that each is wrapped."""

    def __init__(self, inner: Any, attempts: _Attempts) -> None:
        self._inner, self._attempts = inner, attempts

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **more: Any) -> _Stream:
        stream = self._inner.connect_tcp(host, port, timeout=self._attempts.seconds(timeout), **more)
        return _Stream(stream, self._attempts)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def _wrap(http: Any, attempts: _Attempts) -> None:
    """Put `_Backend` into every pool of connections of an HTTP client, those to proxies too.

    The client has no public place for it. Without these attributes nothing could be bounded: then this raises.
    """
    for transport in [http._transport, *http._mounts.values()]:
        if transport is not None:  # None: no proxy for these hosts
            transport._pool._network_backend = _Backend(transport._pool._network_backend, attempts)


def _refuse_compressed(response: Any) -> None:
    """A few bytes can stand for gigabytes. None was asked for, so a server that compresses is broken."""
    if response.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise BodyTooLarge
