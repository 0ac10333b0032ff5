"""One HTTP request through the OpenAI SDK, bounded as a whole: in time, and in the bytes that are read.

The SDK's time-outs are for one silence each: a server that drips a byte now and then would hold a request for ever, and a
body of any size would be read into memory. So requests run in an event loop of their own, where an attempt is cancelled at
its deadline wherever it is, and the stream of a response ends at the limit of bytes. The SDK's own retries are off.

It reads no answer and forgives nothing (`openai_answers.py`, `openai_errors.py`).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any, Protocol

import httpx2  # the SDK's HTTP client
import openai

from strop.lm.endpoints import Endpoint
from strop.lm.openai_errors import Trouble, bad_body, classify, too_slow
from strop.lm.openai_terms import Sent


class WireClosed(Exception):
    """Nothing is sent any more."""


class _DeadlinePassed(Exception):
    """The attempt as a whole took too long."""


class _BodyTooLarge(Exception):
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


class Wire(Protocol):
    """What carries a request to a model. Safe to use from many threads."""

    def post(self, messages: list[dict[str, str]], options: Mapping[str, Any]) -> Body:
        """Ask for a chat completion, in OpenAI's form, with `options` besides the model and the messages.

        Raises:
            WireClosed: it was closed, before or meanwhile.
            Exception: see `trouble`.
        """
        ...

    def trouble(self, error: Exception, sent: Sent, now: float) -> Trouble | None:
        """What an exception of `post` stands for; None: it is not about the server. `now` is in seconds of the epoch."""
        ...

    def close(self) -> None:
        """Close connections; requests that are on their way fail. Idempotent."""
        ...


class HttpWire:
    """Connections to one endpoint; each has one request on its way at a time."""

    def __init__(self, place: Endpoint, bounds: Bounds) -> None:
        self._place, self._bounds = place, bounds
        read = min(bounds.read_seconds, bounds.deadline_seconds)
        self._client = openai.AsyncOpenAI(
            api_key=place.key or "not-needed",
            base_url=place.base_url,
            max_retries=0,
            timeout=openai.Timeout(read, connect=min(bounds.connect_seconds, read), pool=None),
            http_client=openai.DefaultAsyncHttpxClient(
                trust_env=not place.is_loopback,
                headers={"Accept-Encoding": "identity"},
                event_hooks={"response": [self._bound]},
            ),
        )
        self._lock = threading.Lock()
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        """Runs in a thread of its own, from the first request on."""
        self._thread: threading.Thread | None = None

    def post(self, messages: list[dict[str, str]], options: Mapping[str, Any]) -> Body:
        with self._lock:
            if self._closed:
                raise WireClosed
            sending = asyncio.run_coroutine_threadsafe(self._post(messages, options), self._running_loop())
        try:
            return sending.result()
        except CancelledError:
            raise WireClosed from None

    def trouble(self, error: Exception, sent: Sent, now: float) -> Trouble | None:
        match error:
            case openai.APIError():
                return classify(error, sent, self._place, now=now)
            case _DeadlinePassed():
                return too_slow(self._bounds.deadline_seconds)
            case _BodyTooLarge():
                return bad_body(f"more than {self._bounds.largest_body_bytes} bytes, or compressed", self._place)
        return None

    def close(self) -> None:
        with self._lock:
            self._closed = True
            loop, self._loop = self._loop, None
        if loop is not None and self._thread is not None:
            asyncio.run_coroutine_threadsafe(self._end(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            self._thread.join()
            loop.close()

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=loop.run_forever, name="http", daemon=True)
            try:
                self._thread.start()
            except BaseException:  # the system gives no thread
                loop.close()
                raise
            self._loop = loop
        return self._loop

    async def _post(self, messages: list[dict[str, str]], options: Mapping[str, Any]) -> Body:
        try:
            async with asyncio.timeout(self._bounds.deadline_seconds):
                response = await self._client.chat.completions.with_raw_response.create(
                    model=self._place.model,
                    messages=messages,  # type: ignore[arg-type]
                    **options,
                )
                return Body(response.content, response.headers)
        except TimeoutError:
            raise _DeadlinePassed from None

    async def _bound(self, response: httpx2.Response) -> None:
        """Let no more be read of a response than the limit."""
        # A few compressed bytes can stand for gigabytes. None were asked for, so a server that compresses is broken.
        if response.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
            raise _BodyTooLarge
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _BoundedStream(response.stream, self._bounds.largest_body_bytes)

    async def _end(self) -> None:
        sending = asyncio.all_tasks() - {asyncio.current_task()}
        for task in sending:
            task.cancel()
        await asyncio.gather(*sending, return_exceptions=True)
        await self._client.close()
        await asyncio.get_running_loop().shutdown_asyncgens()


class _BoundedStream(httpx2.AsyncByteStream):
    """The body of a response, up to its limit."""

    def __init__(self, stream: httpx2.AsyncByteStream, largest_bytes: int) -> None:
        self._stream, self._left = stream, largest_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for data in self._stream:
            self._left -= len(data)
            if self._left < 0:
                raise _BodyTooLarge
            yield data

    async def aclose(self) -> None:
        await self._stream.aclose()
