"""A run that is being viewed: its record as it grows, its last rendered page, and the messages to its viewers."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from strop.base.errors import StropError
from strop.report.html.render import asset, environment, policy, report_of
from strop.report.html.server.record_follower import RecordFollower
from strop.report.html.server.run_list import shown

SHARE = 0.2
"""Fraction of the time in which pages are rendered, at most: the rest belongs to the run."""
SHORTEST_SECONDS = 1.0
"""Least time between two pages."""
PATIENCE_SECONDS = 5.0
"""How long a browser waits for a page that is being rendered, before it gets a message."""
STILL_SECONDS = 15.0
"""After so long without news a comment is sent, which fails where the viewer is gone."""
GAP_SECONDS = 0.25
"""Least time between two messages to one viewer."""
_PIECE = 1 << 16
"""Bytes that are sent at once."""


class Feed:
    """Server-sent events: the current state of something, whenever `version` has increased.

    There is no queue: a viewer takes the current state when it is ready, and changes between two messages are in the second.
    """

    def __init__(self) -> None:
        self.version = 0
        self.viewers = 0
        self.seen = time.monotonic()
        """When somebody viewed it last."""
        self.closed = False

    def response(self, current: Callable[[], bytes]) -> Response:
        """A stream of messages made by `current`: one at once, and one after each change."""
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


def page_response(html: bytes, content_policy: str) -> Response:
    """A page, sent in pieces: the time limit of a viewer is for each piece."""

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(html), _PIECE):
            yield html[start : start + _PIECE]

    headers = {"Content-Length": str(len(html)), "Content-Security-Policy": content_policy}
    return StreamingResponse(pieces(), headers=headers, media_type="text/html")


def template_response(name: str, script: str, **values: object) -> Response:
    """A page made from one of the small templates."""
    style = asset("page.css")
    html = environment().get_template(name).render(style=Markup(style), script=Markup(script), **values)
    return page_response(html.encode("utf-8", "backslashreplace"), served_policy(script))


def served_policy(script: str) -> str:
    """The content security policy of a served page, as a header."""
    return f"{policy(asset('page.css'), script, served=True)}; frame-ancestors 'none'"


def _message_response(text: str, number: int = 0) -> Response:
    """A page of one line, which replaces itself when there is a page; `number`: of the page that it stands for."""
    return template_response("message.html", f"const LIVE_PAGE = {number};\n{asset('live.js')}", text=shown(text, 1000))


@dataclass(frozen=True)
class RenderedPage:
    """A page, or why there is none."""

    number: int
    state: tuple[int, str]
    """(last event, status) that it shows."""
    html: bytes = b""
    policy: str = ""
    failure: str = ""


class LiveRun:
    """A run, its page and its viewers. `rendering` limits how many pages are rendered at once."""

    def __init__(self, directory: Path, rendering: asyncio.Semaphore) -> None:
        self.follower = RecordFollower(directory)
        self.feed = Feed()
        self._directory = directory
        self._page: RenderedPage | None = None
        self._looking = asyncio.Lock()
        self._rendering = rendering
        self._task: asyncio.Task[None] | None = None
        self._next = 0.0

    @property
    def running(self) -> bool:
        """Whether the run is in progress, or may be: its record was not read to the end."""
        return self.follower.status.status == "running" or not self.follower.whole

    async def look(self) -> None:
        """Read what is new; render the page where it is out of date, viewed, and was not rendered just now."""
        async with self._looking:
            if await asyncio.to_thread(self.follower.look):
                self.feed.version += 1
        if self.feed.viewers:
            self._renew()

    async def response(self) -> Response:
        """The page: a new one where it can be rendered soon."""
        self.feed.seen = time.monotonic()
        if not self.follower.whole:
            await self.look()
        task = self._renew()
        if task is not None:
            await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
        if self._page is None:
            return _message_response("Building the page...")
        if self._page.failure:
            return _message_response(self._page.failure, self._page.number)
        return page_response(self._page.html, self._page.policy)

    def events(self, request: Request) -> Response:
        """Server-sent events: the status of the run, with the lines after the last event that the viewer has."""
        last = _last_event(request)

        def current() -> bytes:
            nonlocal last
            whole, status = self.follower.whole, self.follower.status  # in this order: see RecordFollower.look
            since = last if last <= status.seq or not whole else 0
            last = status.seq if whole else max(last, status.seq)
            lines = [line for line in status.lines if line[0] > since]
            number = self._page.number if self._page is not None else 0
            return message("status", status.seq, {**vars(status), "lines": lines, "page": number})

        return self.feed.response(current)

    def _renew(self) -> asyncio.Task[None] | None:
        """Start rendering the page, unless it is up to date or was rendered just now; returns the task that renders it."""
        outdated = self._page is None or self._page.state != self._state
        if self._task is None and outdated and self.follower.whole and time.monotonic() >= self._next:
            self._task = asyncio.create_task(self._render())
        return self._task

    @property
    def _state(self) -> tuple[int, str]:
        return self.follower.status.seq, self.follower.status.status

    async def _render(self) -> None:
        number = self._page.number + 1 if self._page is not None else 1
        try:
            async with self._rendering:
                began = time.monotonic()
                self._page = await asyncio.to_thread(render_page, self._directory, number, self._state)
                took = time.monotonic() - began
            self._next = time.monotonic() + max(SHORTEST_SECONDS, took * (1 / SHARE - 1))
        finally:
            self._task = None
        self.feed.version += 1


def render_page(directory: Path, number: int, state: tuple[int, str]) -> RenderedPage:
    """Render the page of a run."""
    live = [f"const LIVE_PAGE = {number};", asset("live.js")]
    try:
        html = report_of(directory, live=live).encode("utf-8", "backslashreplace")
    except StropError as error:
        return RenderedPage(number, state, failure=str(error))
    except Exception as error:  # noqa: BLE001 - one broken record must not end the server of others
        return RenderedPage(number, state, failure=f"cannot build the page: {type(error).__name__}: {error}")
    return RenderedPage(number, state, html, served_policy("\n".join([asset("page.js"), *live])))


def _last_event(request: Request) -> int:
    """The last event that a viewer has: by its browser when it reconnects, else by its address."""
    number = request.headers.get("last-event-id") or request.query_params.get("after", "")
    return int(number) if re.fullmatch(r"[0-9]{1,15}", number) else 0
