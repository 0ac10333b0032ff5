"""One OpenAI-compatible server on the loopback that answers every system alike.

Request k gets answer k, whoever asks, after `seconds`. One thread with one asyncio loop serves all requests.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

Respond = Callable[[int, Mapping[str, Any]], str]
"""(Number of the answer from 0, body of the request) → text."""


class Server:
    """Serves from `with` to its end. `asked` holds the Unix time at which each answered request arrived."""

    def __init__(self, respond: Respond, *, seconds: float = 0.0) -> None:
        self.asked: list[float] = []
        self._respond, self._seconds = respond, seconds
        self._numbers = itertools.count()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="peers-server", daemon=True)

    def __enter__(self) -> Server:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    @property
    def url(self) -> str:
        """The base URL, such as `http://127.0.0.1:8000/v1`."""
        return f"http://127.0.0.1:{self._port}/v1"

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._converse, "127.0.0.1", 0, backlog=512))
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection, which stays open between them."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                status, document = await self._answer(head, await reader.readexactly(_length(head)))
                body = json.dumps(document).encode()
                writer.write(
                    f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                    + body
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client is gone, or the server ends
        finally:
            writer.close()

    async def _answer(self, head: bytes, data: bytes) -> tuple[str, dict[str, Any]]:
        arrived = time.time()
        if not head.startswith(b"POST"):
            return "200 OK", {"object": "list", "data": [{"id": "peers", "object": "model"}]}
        body = json.loads(data)
        numbers = [next(self._numbers) for _ in range(body.get("n") or 1)]
        self.asked += [arrived] * len(numbers)
        if self._seconds:
            await asyncio.sleep(self._seconds)
        choices = [
            {
                "index": index,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": self._respond(number, body)},
            }
            for index, number in enumerate(numbers)
        ]
        usage = {"prompt_tokens": 100, "completion_tokens": 100, "total_tokens": 200}
        identity = {"id": f"chatcmpl-{numbers[0]}", "object": "chat.completion", "created": int(arrived)}
        return "200 OK", {**identity, "model": body.get("model"), "choices": choices, "usage": usage}


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
