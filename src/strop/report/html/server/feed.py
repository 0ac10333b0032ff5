"""Server-sent events: the present state of something, whenever it has changed.

No queue stands before a viewer: it takes the present state when it is ready, and what came between two messages is in the second.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable

from starlette.responses import Response, StreamingResponse

STILL_SECONDS = 15.0
"""After so long without news a comment is sent: it shows which viewers are gone."""
GAP_SECONDS = 0.25
"""Between two messages to one viewer."""


class Feed:
    """Something that viewers follow: whoever changes it increases `version`."""

    def __init__(self) -> None:
        self.version = 0
        self.viewers = 0
        self.seen = time.monotonic()
        """When somebody viewed it last."""
        self.closed = False

    def response(self, current: Callable[[], bytes]) -> Response:
        """A stream of messages, made by `current`: one at once, and one whenever the version has changed."""
        return StreamingResponse(self._messages(current), media_type="text/event-stream")

    async def _messages(self, current: Callable[[], bytes]) -> AsyncIterator[bytes]:
        self.viewers += 1
        sent, at = -1, time.monotonic()
        try:
            yield b"retry: 2000\n\n"
            while not self.closed:
                if sent != self.version:
                    sent, at = self.version, time.monotonic()
                    yield current()
                elif time.monotonic() - at > STILL_SECONDS:
                    at = time.monotonic()
                    yield b": still here\n\n"
                await asyncio.sleep(GAP_SECONDS)
            yield b"event: closed\ndata: {}\n\n"
        finally:
            self.viewers -= 1
            self.seen = time.monotonic()


def message(name: str, number: int, document: object) -> bytes:
    """One server-sent event. JSON in ASCII contains no line breaks."""
    return f"id: {number}\nevent: {name}\ndata: {json.dumps(document)}\n\n".encode("ascii")
