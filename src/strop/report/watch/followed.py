"""One run that people look at: its record as it grows, its page as it was made last, and who waits for news."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from strop.base.errors import StropError
from strop.report.html.document import page_document
from strop.report.html.payload import packed
from strop.report.html.render import asset, page_html
from strop.report.watch.pages import served_policy
from strop.report.watch.record import Record
from strop.report.watch.standing import Standing
from strop.store import Store

SHARE = 0.2
"""Of the time, at most, pages are made: the rest is the run's."""
SHORTEST_SECONDS = 1.0
"""Between two pages."""
STILL_SECONDS = 15.0
"""After so long without news a viewer is told that all is well: this shows who is gone."""
GAP_SECONDS = 0.25
"""Between two messages to one viewer."""


@dataclass(frozen=True)
class Page:
    """A page as it was made of a record."""

    number: int
    html: bytes
    policy: str
    of: tuple[int, str]
    """(last event, status) that it tells of."""
    failed: str = ""
    """Why there is none."""


class News:
    """Something that changes, and those who wait for it."""

    def __init__(self) -> None:
        self.version = 0
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """Wake all who wait."""
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def after(self, version: int, seconds: float) -> bool:
        """Wait until there is another version, for at most so long; whether there is."""
        if self.version == version:
            try:
                await asyncio.wait_for(self._changed.wait(), seconds)
            except TimeoutError:
                return False
        return True


class Followed:
    """A run, its page and its viewers."""

    def __init__(self, directory: Path, making: asyncio.Semaphore) -> None:
        self.directory = directory
        self.record = Record(directory)
        self.page: Page | None = None
        self.news = News()
        self.viewers = 0
        self.looked = time.monotonic()
        """When somebody was there last."""
        self._looking = asyncio.Lock()
        self._making = making
        self._task: asyncio.Task[None] | None = None
        self._next = 0.0

    @property
    def standing(self) -> Standing:
        """Where the run stands."""
        return self.record.standing

    @property
    def running(self) -> bool:
        """Whether it goes on, or may yet turn out to: what was not read to its end has not ended."""
        return self.standing["status"] == "running" or not self.record.whole

    async def look(self) -> None:
        """Read what is new, and have the page made anew where it is old and the time has come."""
        async with self._looking:
            changed = await asyncio.to_thread(self.record.look)
        if changed:
            self.news.changed()
        if self.viewers:
            self.renew()

    def renew(self) -> asyncio.Task[None] | None:
        """Begin to make the page, unless it is new, is being made, or was made just now; what makes it."""
        if self._task is None and self._old and self.record.whole and time.monotonic() >= self._next:
            self._task = asyncio.create_task(self._make())
        return self._task

    async def current(self, seconds: float) -> Page | None:
        """The page, a new one where it can be had in so long; None where none was ever made."""
        self.looked = time.monotonic()
        if not self.record.whole:
            await self.look()
        task = self.renew()
        if task is not None:
            await asyncio.wait({task}, timeout=seconds)
        return self.page

    async def close(self) -> None:
        """Wait for the page that is being made: a thread cannot be stopped."""
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=SHORTEST_SECONDS)

    async def messages(self, after: int, closing: asyncio.Event) -> AsyncIterator[bytes]:
        """Server-sent events: at once where the run stands, with the lines after event `after`, then whatever changes."""
        version = -1
        self.viewers += 1
        try:
            if not self.record.whole:
                await self.look()
            yield b"retry: 2000\n\n"
            while not closing.is_set():
                if self.news.version == version:
                    if not await self.news.after(version, STILL_SECONDS):
                        yield b": still here\n\n"
                    continue
                version = self.news.version
                yield self._message(after)
                seq = self.standing["seq"]
                after = seq if self.record.whole else max(after, seq)
                await asyncio.sleep(GAP_SECONDS)
            yield b"event: closed\ndata: {}\n\n"
        finally:
            self.viewers -= 1
            self.looked = time.monotonic()

    @property
    def _old(self) -> bool:
        return self.page is None or self.page.of != (self.standing["seq"], self.standing["status"])

    def _message(self, after: int) -> bytes:
        standing = self.standing
        since = after if after <= standing["seq"] or not self.record.whole else 0
        said = {
            **standing,
            "lines": [line for line in standing["lines"] if line[0] > since],
            "page": self.page.number if self.page is not None else 0,
        }
        return event("standing", standing["seq"], said)

    async def _make(self) -> None:
        of = (self.standing["seq"], self.standing["status"])
        number = self.page.number + 1 if self.page is not None else 1
        try:
            async with self._making:
                began = time.monotonic()
                self.page = await asyncio.to_thread(make, self.directory, number, of)
                took = time.monotonic() - began
            self._next = time.monotonic() + max(SHORTEST_SECONDS, took * (1 / SHARE - 1))
        finally:
            self._task = None
        self.news.changed()


def make(directory: Path, number: int, of: tuple[int, str]) -> Page:
    """Make the page of a record; one that cannot be made is a page too, with the reason."""
    live = [f"const LIVE_PAGE = {number};", asset("live.js")]
    allowed = served_policy(asset("page.css"), "\n".join([asset("page.js"), *live]))
    try:
        with Store.open(directory) as store:
            document = page_document(store, directory)
        html = page_html(document, packed(document), live).encode("utf-8", "backslashreplace")
    except StropError as error:
        return Page(number, b"", "", of, str(error))
    except Exception as error:  # noqa: BLE001 - whatever a record makes of the page, others are still served
        return Page(number, b"", "", of, f"the page cannot be made: {type(error).__name__}: {error}")
    return Page(number, html, allowed, of)


def event(name: str, number: int, said: object) -> bytes:
    """One server-sent event. JSON in ASCII holds no end of a line."""
    return f"id: {number}\nevent: {name}\ndata: {json.dumps(said)}\n\n".encode("ascii")
