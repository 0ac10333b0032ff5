"""A run that people look at: its record as it grows, and its page as it was rendered last."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from strop.base.errors import StropError
from strop.report.html.render import asset, report_of
from strop.report.html.server.feed import Feed, message
from strop.report.html.server.pages import message_page, page_response, served_policy
from strop.report.html.server.record_follower import RecordFollower

SHARE = 0.2
"""Of the time, at most, pages are rendered: the rest is the run's."""
SHORTEST_SECONDS = 1.0
"""Between two pages."""
PATIENCE_SECONDS = 5.0
"""How long a browser waits for a page that is being rendered, before it gets a message."""


@dataclass(frozen=True)
class Page:
    """A page as it was rendered."""

    number: int
    html: bytes
    policy: str
    state: tuple[int, str]
    """(last event, status) that it shows."""
    failure: str = ""
    """Why it could not be rendered."""


class LiveRun:
    """A run, its page and its viewers. `rendering` limits how many pages are rendered at once."""

    def __init__(self, directory: Path, rendering: asyncio.Semaphore, compared: Sequence[Path] = ()) -> None:
        self.follower = RecordFollower(directory)
        self.feed = Feed()
        self._directories = (directory, *compared)
        self._page: Page | None = None
        self._looking = asyncio.Lock()
        self._rendering = rendering
        self._task: asyncio.Task[None] | None = None
        self._next = 0.0

    @property
    def running(self) -> bool:
        """Whether the run goes on, or may still turn out to: a record that was not read to its end has not ended."""
        return self.follower.status["status"] == "running" or not self.follower.whole

    async def look(self) -> None:
        """Read what is new, and render the page where it is out of date and the time has come."""
        async with self._looking:
            if await asyncio.to_thread(self.follower.look):
                self.feed.version += 1
        if self.feed.viewers:
            self._renew()

    async def response(self) -> Response:
        """The page, a new one where it can be rendered soon."""
        self.feed.seen = time.monotonic()
        if not self.follower.whole:
            await self.look()
        task = self._renew()
        if task is not None:
            await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
        if self._page is None:
            return page_response(*message_page("Building the page..."))
        if self._page.failure:
            return page_response(*message_page(self._page.failure, self._page.number))
        return page_response(self._page.html, self._page.policy)

    def events(self, request: Request) -> Response:
        """Server-sent events: the status of the run, with the lines after the last event that the viewer knows."""
        known = _last_event(request)

        def current() -> bytes:
            nonlocal known
            status, whole = self.follower.status, self.follower.whole
            since = known if known <= status["seq"] or not whole else 0
            known = status["seq"] if whole else max(known, status["seq"])
            lines = [line for line in status["lines"] if line[0] > since]
            number = self._page.number if self._page is not None else 0
            return message("status", status["seq"], {**status, "lines": lines, "page": number})

        return self.feed.response(current)

    def _renew(self) -> asyncio.Task[None] | None:
        """Begin to render the page, unless it is up to date or was rendered just now; the task that renders it."""
        if self._task is None and self._outdated and self.follower.whole and time.monotonic() >= self._next:
            self._task = asyncio.create_task(self._render())
        return self._task

    @property
    def _state(self) -> tuple[int, str]:
        return self.follower.status["seq"], self.follower.status["status"]

    @property
    def _outdated(self) -> bool:
        return self._page is None or self._page.state != self._state

    async def _render(self) -> None:
        number = self._page.number + 1 if self._page is not None else 1
        try:
            async with self._rendering:
                began = time.monotonic()
                self._page = await asyncio.to_thread(render_page, self._directories, number, self._state)
                took = time.monotonic() - began
            self._next = time.monotonic() + max(SHORTEST_SECONDS, took * (1 / SHARE - 1))
        finally:
            self._task = None
        self.feed.version += 1


def render_page(directories: Sequence[Path], number: int, state: tuple[int, str]) -> Page:
    """Render the page of a run, or of several compared with the first; a failure is a page, too."""
    live = [f"const LIVE_PAGE = {number};", asset("live.js")]
    policy = served_policy(asset("page.css"), "\n".join([asset("page.js"), *live]))
    try:
        html = report_of(*directories, live=live).encode("utf-8", "backslashreplace")
    except StropError as error:
        return Page(number, b"", "", state, str(error))
    except Exception as error:  # noqa: BLE001 - whatever a record does to its page, others are still served
        return Page(number, b"", "", state, f"cannot build the page: {type(error).__name__}: {error}")
    return Page(number, html, policy, state)


def _last_event(request: Request) -> int:
    """The last event that a viewer knows: by its browser when it reconnects, else by its address."""
    number = request.headers.get("last-event-id") or request.query_params.get("after", "")
    return int(number) if re.fullmatch(r"[0-9]{1,15}", number) else 0
