"""What is at which address, for one run or for a folder of runs.

A run: `/` its page, `/events` its news. A folder: `/` the list, `/events` its news, `/run/NAME/` and `/run/NAME/events`.
A name in an address is looked up among the names that are there and never made into a path.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote_to_bytes

from strop.report.watch.door import Door
from strop.report.watch.folder import Folder
from strop.report.watch.followed import GAP_SECONDS, STILL_SECONDS, Followed, News, event
from strop.report.watch.http import Request, Response, line
from strop.report.watch.pages import lines_of, list_html, message_html

LOOK_SECONDS = 0.5
"""Between two looks at a record that somebody views."""
ALONE_SECONDS = 2.0
"""Between two looks where nobody does, and at a folder."""
PAGE_SECONDS = 5.0
"""How long a browser waits for a page that is being made, until it is told so."""
KEPT_SECONDS = 60.0
"""How long the page of a run of a folder is kept in memory when nobody views it."""
MOST_FOLLOWED = 16
"""Runs of a folder that are followed at once."""

_RUN = re.compile(r"/run/([^/]+)/(events)?")
_HTML = "text/html; charset=utf-8"


class Site:
    """Pages of one run, or of a folder of runs. To be used in one event loop."""

    def __init__(self, directory: Path, door: Door, *, folder: bool) -> None:
        self.closing = asyncio.Event()
        self._door = door
        self._making = asyncio.Semaphore(1)  # one page at a time, whatever is viewed
        self._folder = Folder(directory) if folder else None
        self._followed: dict[str, Followed] = {} if folder else {"": Followed(directory, self._making)}
        self._looking = asyncio.Lock()
        self._news = News()
        self._viewers = 0
        self._looked = time.monotonic()

    async def answer(self, request: Request) -> Response:
        """The answer to a request."""
        refusal = self._door.refusal(request)
        if refusal is not None:
            return refusal
        self._looked = time.monotonic()
        found = await self._found(request)
        if found is None:
            return line(404, "strop watch: there is nothing at this address")
        cookie = self._door.cookie(request)
        return Response(found.status, found.kind, found.body, (*found.headers, *cookie), found.policy)

    async def look(self) -> None:
        """Look at everything that somebody views, and at what says whether anything goes on."""
        if self._folder is not None:
            await self._look_at(self._folder)
            self._forget()
        for followed in list(self._followed.values()):
            await followed.look()

    async def _look_at(self, folder: Folder) -> None:
        async with self._looking:
            if await asyncio.to_thread(folder.look):
                self._news.changed()

    async def follow(self) -> None:
        """Look again and again, until the site closes."""
        while not self.closing.is_set():
            began = time.monotonic()
            await self.look()
            if self._whole:
                pause = LOOK_SECONDS if self.viewers else ALONE_SECONDS
                pause = max(pause, 4 * (time.monotonic() - began))  # a large folder is looked at more seldom
                await _wait(self.closing, pause)

    async def close(self) -> None:
        """Tell all viewers."""
        self.closing.set()
        for news in (self._news, *(each.news for each in self._followed.values())):
            news.changed()
        for each in self._followed.values():
            await each.close()

    @property
    def viewers(self) -> int:
        """How many are looking."""
        return self._viewers + sum(each.viewers for each in self._followed.values())

    @property
    def running(self) -> bool:
        """Whether any run goes on."""
        if self._folder is not None:
            return any(each.status == "running" for each in self._folder.lines)
        return any(each.running for each in self._followed.values())

    @property
    def looked(self) -> float:
        """When somebody looked last, by the monotonic clock."""
        return max([self._looked, *(each.looked for each in self._followed.values())])

    @property
    def _whole(self) -> bool:
        return all(each.record.whole for each in self._followed.values())

    async def _found(self, request: Request) -> Response | None:
        if request.path == "/events" and self._folder is not None:
            return _stream(self._messages())
        if request.path == "/" and self._folder is not None:
            if not self._folder.lines:
                await self._look_at(self._folder)
            return _page(*list_html(self._folder))
        if self._folder is None:
            followed, rest = self._followed[""], request.path
        else:
            named = _RUN.fullmatch(request.path)
            found = await self._of(self._folder, named[1]) if named is not None else None
            if named is None or found is None:
                return None
            followed, rest = found, f"/{named[2] or ''}"
        if rest == "/events":
            return _stream(followed.messages(_after(request), self.closing))
        return await self._page_of(followed) if rest == "/" else None

    async def _page_of(self, followed: Followed) -> Response:
        page = await followed.current(PAGE_SECONDS)
        if page is None:
            return _page(*message_html("Building the report..."))
        if page.failed:
            return _page(*message_html(page.failed, page.number))
        return _page(page.html, page.policy)

    async def _of(self, folder: Folder, quoted: str) -> Followed | None:
        """The run with the name that is quoted in an address."""
        name = os.fsdecode(unquote_to_bytes(quoted))
        path = folder.path(name)
        if path is None:
            await self._look_at(folder)  # it may be younger than the list
            path = folder.path(name)
        if path is None:
            return None
        if name not in self._followed:
            self._forget(spare=1)
            self._followed[name] = Followed(path, self._making)
        return self._followed[name]

    def _forget(self, spare: int = 0) -> None:
        """Let go of runs that nobody views any more; of the longest unseen first where there are too many."""
        idle = sorted((each.looked, name) for name, each in self._followed.items() if not each.viewers)
        crowd = len(self._followed) + spare - MOST_FOLLOWED
        for number, (looked, name) in enumerate(idle):
            if number < crowd or time.monotonic() - looked > KEPT_SECONDS:
                del self._followed[name]

    async def _messages(self) -> AsyncIterator[bytes]:
        assert self._folder is not None
        version = -1
        self._viewers += 1
        try:
            yield b"retry: 2000\n\n"
            while not self.closing.is_set():
                if self._news.version == version:
                    if not await self._news.after(version, STILL_SECONDS):
                        yield b": still here\n\n"
                    continue
                version = self._news.version
                yield event("runs", version, lines_of(self._folder))
                await asyncio.sleep(GAP_SECONDS)
            yield b"event: closed\ndata: {}\n\n"
        finally:
            self._viewers -= 1
            self._looked = time.monotonic()


def _page(html: bytes, policy: str) -> Response:
    return Response(200, _HTML, html, policy=policy)


def _stream(pieces: AsyncIterator[bytes]) -> Response:
    return Response(200, "text/event-stream; charset=utf-8", pieces)


def _after(request: Request) -> int:
    """The last event that a viewer knows: what its browser says when it comes back, else what its address says."""
    said = request.header("last-event-id") or "".join(request.asked("after"))
    return int(said) if re.fullmatch(r"[0-9]{1,15}", said) else 0


async def _wait(closing: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(closing.wait(), seconds)
